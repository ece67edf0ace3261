"""Pages of contracts and of what is owed under them."""

"""A made-up company and its hospitals: cities and road times are true, names and people are not."""

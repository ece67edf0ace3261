"""Set-up of places, people and the roster."""

from people.admin import duty, persons, places, tokens

__all__ = ["duty", "persons", "places", "tokens"]

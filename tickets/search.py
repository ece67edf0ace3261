"""Finding tickets by number, serial, phone, or words in Chinese and Latin script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import rjieba
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet, Value

from tickets.models import Ticket

if TYPE_CHECKING:
    from people.models import User

MAX_INPUT = 100
"""Characters of a search that are read; nobody types more, and a longer one must not cost more."""
MAX_WORDS = 12
WALK = 4_000
"""How many of the newest tickets a list of what was found walks through before it asks the index of words: a
word in every 130th ticket fills a page on the way."""
NUMBER = re.compile(r"(?:SR-?)?(\d{4})-(\d{0,6})", re.IGNORECASE)
PUNCTUATION = re.compile(r"[\W_]+")


def words(text: str) -> list[str]:
    """The words of `text` as they are indexed: cut by meaning, lower case, without punctuation."""
    plain = PUNCTUATION.sub(" ", text.lower())
    return [word for word in (cut.strip() for cut in rjieba.cut_for_search(plain)) if word]


def index(ticket: Ticket) -> SearchVector:
    """The value for `ticket.search`: number, texts, hospital, place, contact and device, cut into words.

    Serials and phone numbers are cut the same way here and in `find`, so they need no search of their own.
    """
    device = ticket.device
    parts = [
        ticket.number,
        ticket.title,
        ticket.description,
        ticket.hospital.name,
        ticket.hospital.short_name,
        ticket.place,
        ticket.contact_name,
        ticket.contact_phone,
        f"{device.name} {device.serial}" if device else "",
    ]
    return SearchVector(Value(" ".join(words(" ".join(parts)))), config="simple")


def find(user: User | Any, text: str) -> QuerySet[Ticket]:
    """Tickets that `user` may see and `text` names: a number or its beginning, else every word of it.

    Any input is harmless: it is cut to `MAX_INPUT` characters and `MAX_WORDS` words, without punctuation (T035).
    """
    text = text[:MAX_INPUT].strip()
    mine = Ticket.objects.for_user(user)
    if number := NUMBER.fullmatch(text):
        year, digits = number.groups()
        whole = Q(number=f"SR-{year}-{digits:0>6}") if digits else Q()
        return mine.filter(whole | Q(number__startswith=f"SR-{year}-{digits}"))
    found = words(text)[:MAX_WORDS]
    if not found:
        return mine.none()
    return mine.filter(search=SearchQuery(" ".join(found), config="simple", search_type="plain"))

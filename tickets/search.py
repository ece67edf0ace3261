"""Finding tickets by number, serial, phone, or words in Chinese and Latin script."""

from __future__ import annotations

import re
from functools import cache
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
NUMBER = re.compile(r"(?:SR-?)?(\d{4})-(\d{1,6})", re.IGNORECASE)
PUNCTUATION = re.compile(r"[\W_]+")


@cache
def _cutter() -> Any:
    return rjieba.Jieba()


def words(text: str) -> list[str]:
    """The words of `text` as they are indexed: cut by meaning, lower case, without punctuation."""
    plain = PUNCTUATION.sub(" ", text.lower())
    return [word for word in (cut.strip() for cut in _cutter().cut_for_search(plain)) if word]


def index(ticket: Ticket) -> SearchVector:
    """The value for `ticket.search`: its number, texts, hospital, place and device, cut into words."""
    device = ticket.device
    parts = [
        ticket.number,
        ticket.title,
        ticket.description,
        ticket.hospital.name,
        ticket.hospital.short_name,
        ticket.place,
        f"{device.name} {device.serial}" if device else "",
    ]
    return SearchVector(Value(" ".join(words(" ".join(parts)))), config="simple")


def find(user: User | Any, text: str) -> QuerySet[Ticket]:
    """Tickets that `user` may see and `text` names; every word has to occur. Odd input finds nothing."""
    text = text.replace("\x00", "")[:MAX_INPUT].strip()
    mine = Ticket.objects.for_user(user)
    if not text:
        return mine.none()
    if number := NUMBER.fullmatch(text):
        year, digits = number.groups()
        exact = f"SR-{year}-{int(digits):06d}"
        return mine.filter(Q(number=exact) | Q(number__startswith=f"SR-{year}-{digits}"))
    named = Q(device__serial__iexact=text) | Q(contact_phone=text)
    if found := words(text)[:MAX_WORDS]:
        query = SearchQuery(found[0], config="simple", search_type="plain")
        for word in found[1:]:
            query &= SearchQuery(word, config="simple", search_type="plain")
        named |= Q(search=query)
    return mine.filter(named)

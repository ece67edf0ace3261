"""What carriers say of parcels: one small adapter for each, and the check that a message is really theirs (A11).

A carrier that is not connected is written down by hand (`requests.note_event`); one that is posts its events to
`/hooks/carriers/<code>/`, signed with the secret that it shares with us.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Protocol

from django.utils import dateparse
from rest_framework.exceptions import ParseError

from common.strict import JSONParser
from spares import requests
from spares.models import CarrierEvent, PartRequest
from spares.refusal import Refused
from spares.states import VERBS

log = logging.getLogger(__name__)
REPLAY_WINDOW = timedelta(minutes=5)
"""A message whose timestamp is farther from our clock than this is refused, however well it is signed."""
MOST_EVENTS = 200
Kind, Source = CarrierEvent.Kind, CarrierEvent.Source


class Unreadable(ValueError):
    """The body is not what this carrier sends; the text says where."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a parcel. `id`: the carrier's own, which counts once; `at`: aware."""

    id: str
    waybill: str
    kind: str
    at: datetime
    place: str = ""
    text: str = ""


class Carrier(Protocol):
    """How one carrier is read. `names`: as clerks write it on a request."""

    @property
    def code(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def parse(self, body: bytes) -> list[Told]:
        """The events of a message; raises `Unreadable`."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The format that we ask of carriers: {"events": [{"id", "waybill", "kind", "at", "place", "text"}]}.

    `kind` is one of ours (`CarrierEvent.Kind`), `at` RFC 3339 with an offset.
    """

    code: str
    names: tuple[str, ...]

    def parse(self, body: bytes) -> list[Told]:
        try:
            events = JSONParser().parse(BytesIO(body))["events"]
        except (ParseError, KeyError, TypeError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}"[:200]) from error
        if not isinstance(events, list) or len(events) > MOST_EVENTS:
            raise Unreadable(f"events: a list of at most {MOST_EVENTS}")
        return [_told(event) for event in events]


def _told(event: Any) -> Told:
    if not isinstance(event, dict):
        raise Unreadable("every event is an object")
    texts = {name: event.get(name, "") for name in ("id", "waybill", "kind", "at", "place", "text")}
    if not all(isinstance(text, str) and "\0" not in text for text in texts.values()):
        raise Unreadable("every value of an event is a text")
    try:
        at = dateparse.parse_datetime(texts["at"])
        # Its offset may carry the first day of all years out of the calendar.
        at = at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise Unreadable("at: a moment with an offset")
    if not (0 < len(texts["id"]) <= 64 and 0 < len(texts["waybill"]) <= 40 and texts["kind"] in Kind.values):
        raise Unreadable("id, waybill or kind is missing or unknown")
    return Told(**{**texts, "at": at})


CARRIERS: dict[str, Carrier] = {
    one.code: one
    for one in (
        Plain("sf", ("顺丰", "顺丰速运", "SF")),
        Plain("jd", ("京东", "京东快递", "JD")),
        Plain("ems", ("EMS", "邮政", "中国邮政")),
    )
}
"""Code in the webhook's address → adapter. Each is open once its secret is set (CARRIER_SECRETS)."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a dot and the body, as hex: what a carrier sends along."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


def is_theirs(secret: str, timestamp: str, given: str, body: bytes, now: datetime) -> bool:
    """Whether a message was signed with the secret, now: compared in constant time, within the replay window."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12 and given.isascii()):
        return False
    signed = hmac.compare_digest(signature(secret, timestamp, body), given.removeprefix("sha256=").lower())
    return signed and abs(now.timestamp() - int(timestamp)) <= REPLAY_WINDOW.total_seconds()


def take(carrier: Carrier, events: Iterable[Told], now: datetime) -> int:
    """Write down what a carrier said; how many events were new to us or are known by now.

    Of a parcel that nobody here sent, or a moment that cannot be, only the log knows: the carrier is not asked again.
    """
    taken = 0
    for told in sorted(events, key=lambda told: told.at):
        request = PartRequest.objects.filter(carrier__in=carrier.names, waybill=told.waybill).first()
        if request is None or request.state not in VERBS["note_event"].states:
            log.warning("%s speaks of an unknown parcel, event %s", carrier.code, told.id)
            continue
        try:
            requests.note_event(
                request, told.kind, at=told.at, place=told.place, text=told.text, source=Source.WEBHOOK,
                external_id=f"{carrier.code}:{told.id}", by=None, now=now,
            )  # fmt: skip
            taken += 1
        except Refused as refused:
            log.warning("%s: event %s was not taken: %s", carrier.code, told.id, refused)
    return taken

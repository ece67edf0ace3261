"""What a hand scanner read, tried on the request that is being picked, and the sentence for whoever holds it (A11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from people.models import User
from spares import requests
from spares.models import PartRequest, RequestLine
from spares.refusal import Refused

NUMBER = re.compile(r"RQ-[0-9]{4}-[0-9]{6}")
MANY = re.compile(r"(?P<code>.+)\*(?P<pieces>[0-9]{1,3})")
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a scan. `number`: the request it was for; `line`, `serial`, `pieces`: what an undo puts back."""

    is_right: bool
    sentence: str
    number: str = ""
    line: int | None = None
    serial: str = ""
    pieces: int = 1


def cleaned(code: str) -> str:
    """What was scanned or typed, without blanks; a scanner may be set to send some."""
    return code.replace("\x00", "").strip()[:LONGEST]


def take(request: PartRequest, code: str, *, by: User, now: datetime) -> Said:
    """Pick the unit with the serial `code`, or the pieces of a part without serials (`CBL-HD-10*3`: three of them).

    What is refused is said, and nothing is counted.
    """
    try:
        many = MANY.fullmatch(code)
        line = _pieces(request, many["code"], int(many["pieces"]), by, now) if many else None
        if line is not None and many is not None:
            return _right(request, line, "", int(many["pieces"]))
        line = requests.scan(request, code, by=by, now=now)
    except Refused as refused:
        return Said(False, str(refused), request.number)
    return _right(request, line, code if line.part.is_serialised else "", 1)


def _pieces(request: PartRequest, code: str, pieces: int, by: User, now: datetime) -> RequestLine | None:
    line = request.lines.select_related("part").filter(part__code=code.strip(), part__is_serialised=False).first()
    if line is not None:
        requests.pick(request, line, quantity=pieces, by=by, now=now)
    return line


def _right(request: PartRequest, line: RequestLine, serial: str, pieces: int) -> Said:
    lines = request.lines.values_list("picked", "quantity")
    picked, wanted = (sum(column) for column in zip(*lines, strict=True))
    said = {"part": line.part.name, "picked": picked, "wanted": wanted}
    if picked == wanted:
        sentence = _("Right: %(part)s. All %(wanted)d are picked, pack them.") % said
    else:
        sentence = _("Right: %(part)s. %(picked)d of %(wanted)d are picked.") % said
    return Said(True, sentence, request.number, line.pk, serial, pieces)

"""The open hours of one day: stretches of minutes, and the clock faces that people write.

Pure: no Django here.
"""

from __future__ import annotations

import re
from itertools import pairwise

Slot = tuple[int, int]
"""Minutes since local midnight, half-open: (540, 720) is open at 09:00 and closed at 12:00. 1440 ends a day."""
Slots = tuple[Slot, ...]

DAY = 24 * 60
ALL_DAY: Slots = ((0, DAY),)
CLOSED: Slots = ()


def minute_of(text: str) -> int:
    """Minutes since midnight of "HH:MM", "24:00" included; ValueError for anything else."""
    match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", text)
    if match is None:
        raise ValueError(f'"{text}" is not a time "HH:MM" from 00:00 to 24:00')
    return DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def clock_face(minute: int) -> str:
    """540 → "09:00", the reverse of `minute_of`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def slots(*pairs: tuple[str, str]) -> Slots:
    """slots(("13:00", "18:00"), ("09:00", "12:00")) in order; ValueError as `minute_of` and `check_slots`."""
    found = tuple(sorted((minute_of(opens), minute_of(closes)) for opens, closes in pairs))
    check_slots(found)
    return found


def check_slots(row: Slots) -> None:
    """ValueError unless the slots of one day are in order, inside the day and apart."""
    for opens, closes in row:
        if not 0 <= opens < closes <= DAY:
            raise ValueError(f"{clock_face(opens)}-{clock_face(closes)} must end after it starts, on the same day")
    for earlier, later in pairwise(row):
        if later[0] < earlier[1]:
            raise ValueError("{}-{} overlaps {}-{}".format(*map(clock_face, (*earlier, *later))))

"""What a report says of a row: codes with figures, put into words of the reader's language when it is shown."""

from __future__ import annotations

from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from common.wording import labelled
from devices.importing.columns import BY_CODE


class Problem(TypedDict):
    """A mistake in a row, as it is stored."""

    code: str
    column: str
    more: dict[str, str]


ERRORS: dict[str, Any] = {
    "missing": _("is missing"),
    "too_long": _("is too long (at most %(most)s characters)"),
    "formula": _("is a formula; save the values only"),
    "no_hospital": _("“%(text)s” is not a hospital of the register"),
    "no_site": _("“%(text)s” is not a site of this hospital"),
    "site_needed": _("has to be named: this hospital has several"),
    "no_kind": _("“%(text)s” is not a kind of device"),
    "model_unknown": _("“%(text)s” is not known; name its maker and its kind too"),
    "model_ambiguous": _("“%(text)s” is made by several makers; name the maker"),
    "serial_rounded": _("“%(text)s” was rounded by the spreadsheet; format the column as text"),
    "serial_twice": _("“%(text)s” stands in row %(row)s already"),
    "serial_elsewhere": _("“%(text)s” stands at %(hospital)s; move the device there first"),
    "serial_taken": _("“%(text)s” can't be used; ask the desk"),
    "not_in_use": _("“%(text)s” is a device that was replaced or retired"),
    "no_date": _("“%(text)s” is not a date, for example 2026-05-20"),
    "no_parent": _("“%(text)s” is no device of this hospital, in the register or in this list"),
    "parent_error": _("“%(text)s” has errors itself"),
    "parent_loop": _("“%(text)s” leads back to this device"),
    "changed_since": _("the register changed since the check; check again"),
    "refused": _("the register refused it"),
}
WARNINGS: dict[str, Any] = {
    "model_new": _("“%(text)s” is new and will be made"),
    "project_new": _("“%(text)s” is new and will be made"),
    "kind_ignored": _("the register says “%(kind)s”; that stays"),
    "accepted_early": _("lies before the day of installation"),
    "parent_no_mcu": _("“%(text)s” is no MCU"),
}
LEFT: dict[str, Any] = {
    "edited": _("changed since"),
    "in_use": _("is used by a ticket or another row since"),
    "gone": _("is gone"),
}


def problem(code: str, column: str = "", **more: object) -> Problem:
    """A problem in the shape in which rows store it."""
    return {"code": code, "column": column, "more": {name: str(value) for name, value in more.items()}}


def is_error(found: Problem) -> bool:
    """Whether the row can't be written for it."""
    return found["code"] in ERRORS


def sentence(found: Problem) -> str:
    """ "Serial number: “TE50” stands in row 12 already"."""
    words = ERRORS.get(found["code"]) or WARNINGS.get(found["code"]) or LEFT[found["code"]]
    column = BY_CODE.get(found["column"])
    said = str(words) % found["more"]
    return labelled(column.label, said) if column else said

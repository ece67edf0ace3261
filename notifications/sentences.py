"""Sentences that depend on what happened: told from what a notification stored, in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from common.wording import clock, duration
from people.models import Role

Facts = Mapping[str, Any]
LATE_WORTH_SAYING = 60


def page(facts: Facts, now: datetime) -> str:
    """A milestone of a clock: what is promised, until when, and what was left when it was told."""
    left = _seconds_between(facts["told_at"], facts["due_at"])
    if left > 0:
        text = gettext("%(ticket)s: %(promise)s (%(clause)s) is due by %(due)s, %(left)s left.")
    else:
        text = gettext("%(ticket)s: %(promise)s (%(clause)s) was due by %(due)s, now %(left)s over.")
    said = [text % plain(facts, now, due=_moment(facts["due_at"], now), left=duration(left))]
    if facts["nobody_on_duty"]:
        said.append(gettext("Nobody was on duty for the step before, so it comes to you."))
    late = int(facts["late_seconds"] or 0)
    if late >= LATE_WORTH_SAYING:
        said.append(gettext("This page comes %(late)s late: the engine stood still.") % {"late": duration(late)})
    return " ".join(said)


def nobody(facts: Facts, now: datetime) -> str:
    """`roles` holds codes of roles, or who holds the matter (`assignee`, `owner`)."""
    labels = {**dict(Role.choices), "assignee": gettext("assignee"), "owner": gettext("first-contact owner")}
    roles = " / ".join(str(labels.get(code, code)) for code in facts["roles"] or ())
    text = gettext("%(ticket)s: %(promise)s should page someone, but nobody is on duty (%(roles)s).")
    return text % plain(facts, now, roles=roles)


def sent(facts: Facts, now: datetime) -> str:
    """An engineer has set out."""
    if facts["expected_at"]:
        text = gettext("%(who)s is on the way to you, expected %(expected_at)s, for %(ticket)s “%(title)s”.")
    else:
        text = gettext("%(who)s is on the way to you for %(ticket)s “%(title)s”.")
    return text % plain(facts, now)


def filed(facts: Facts, now: datetime) -> str:
    """A hospital reported something, or somebody did by a label."""
    if facts["unverified"]:
        text = gettext("%(ticket)s came by a label of %(hospital)s, unverified, call back: %(title)s")
    else:
        text = gettext("%(hospital)s filed %(ticket)s: %(title)s")
    return text % plain(facts, now)


def receipt(facts: Facts, now: datetime) -> str:
    """A report was received, and by when it is answered."""
    if facts["due_at"]:
        text = gettext("We have received your report %(ticket)s “%(title)s”. A technician answers by %(due_at)s.")
    else:
        text = gettext("We have received your report %(ticket)s “%(title)s”.")
    return text % plain(facts, now)


def triage(facts: Facts, now: datetime) -> str:
    """A report waits for the hospital's technician."""
    if facts["reminder"]:
        text = gettext("%(ticket)s “%(title)s” still waits for you. Solve it, or send it to the service centre.")
    else:
        text = gettext("A colleague reported %(ticket)s “%(title)s”. You look at it first.")
    return text % plain(facts, now)


def passed_on(facts: Facts, now: datetime) -> str:
    """The hospital's technician sent it to the company."""
    if facts["due_at"]:
        text = gettext("%(ticket)s “%(title)s” is with the service centre. A technician answers by %(due_at)s.")
    else:
        text = gettext("%(ticket)s “%(title)s” is with the service centre.")
    return text % plain(facts, now)


def solved(facts: Facts, now: datetime) -> str:
    """It is said to be solved; the hospital is asked, and asked again."""
    if facts["reminder"]:
        text = gettext("Is your report %(ticket)s “%(title)s” solved? Please confirm, or tell us what is still wrong.")
    else:
        text = gettext("Your report %(ticket)s “%(title)s” is solved. Please confirm, or tell us what is still wrong.")
    return text % plain(facts, now)


def closed(facts: Facts, now: datetime) -> str:
    """Its hospital confirmed it, or said nothing for long."""
    if facts["how"] == "silence":
        text = gettext("We heard nothing more, so your report %(ticket)s “%(title)s” is closed. You can reopen it.")
    else:
        text = gettext("Your report %(ticket)s “%(title)s” is closed.")
    return text % plain(facts, now)


def urgent(facts: Facts, now: datetime) -> str:
    """An urgent response was taken from the quota or beyond it, or was given back."""
    if facts["how"] == "returned":
        text = gettext("The urgent response of %(ticket)s “%(title)s” was given back.")
    elif facts["how"] == "billable":
        text = gettext("Urgent response for %(ticket)s “%(title)s”: billable, this contract year's quota is used up.")
    else:
        text = gettext("Urgent response for %(ticket)s “%(title)s”: %(used)s of %(granted)s this contract year.")
    return text % plain(facts, now)


def part_needed(facts: Facts, now: datetime) -> str:
    """A spare part was asked for, and by when it is at the site."""
    if facts["deliver_by_at"]:
        text = gettext("Your report %(ticket)s “%(title)s” needs a spare part. It is with you by %(deliver_by_at)s.")
    else:
        text = gettext("Your report %(ticket)s “%(title)s” needs a spare part. We are sending it.")
    return text % plain(facts, now)


def part_shipped(facts: Facts, now: datetime) -> str:
    """A spare part is on its way, with whom, and when it is expected."""
    if facts["expected_at"]:
        text = gettext("The spare part for %(ticket)s is on its way (%(parcel)s), expected %(expected_at)s.")
    else:
        text = gettext("The spare part for %(ticket)s is on its way (%(parcel)s).")
    return text % plain(facts, now)


def plain(facts: Facts, now: datetime, **words: str) -> Facts:
    """The context and `words`: instants as a clock shows them, anything missing as nothing."""
    shown = {key: _moment(value, now) if key.endswith("_at") else value for key, value in facts.items()}
    return defaultdict(str, {**shown, **words})


def _moment(value: str, now: datetime) -> str:
    return clock(datetime.fromisoformat(value), now) if value else ""


def _seconds_between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() if end else 0.0

"""Who is told what about a ticket. The hospital's people are never told of an internal line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from notifications.outbox import Message
from people import roster
from people.models import Role, User
from tickets import links, triage
from tickets.workflow.act import Act, is_urgent

EXCERPT = 300
"""Characters of a text that a notification quotes."""


def tell(act: Act, kind: str, people: Iterable[User | None], *, key: str, text: str = "", **more: Any) -> None:
    """Tell each of `people` once, but not the one who acts. `key` names the cause, so that once is once.

    Everybody is sent to the page that they may open. The act's end writes the rows.
    """
    ticket = act.ticket
    others = {person.pk: person for person in people if person and person.is_active and person != act.by}
    context = {
        "ticket": ticket.number,
        "title": ticket.title,
        "hospital": ticket.hospital.short_name or ticket.hospital.name,
        "who": act.by.name if act.by else "",
        "text": text[:EXCERPT],
        **more,
    }
    for at_hospital, link in ((True, links.portal(ticket.number)), (False, links.console(ticket.number))):
        if some := [person for person in others.values() if person.is_hospital == at_hospital]:
            once = f"ticket:{ticket.pk}:{key}"
            act.messages.append(Message(some, kind, once, context, link, is_urgent(ticket)))


def hospital(act: Act, kind: str, *, key: str, text: str = "", **more: Any) -> None:
    """Tell the person at the hospital who reported it."""
    reporter = act.ticket.reporter
    tell(act, kind, [reporter] if reporter and reporter.is_hospital else [], key=key, text=text, **more)


def handlers(act: Act, kind: str, *, key: str, text: str = "", **more: Any) -> None:
    """Tell whoever works on it and whoever answers for it; with neither, the operators on duty."""
    ticket = act.ticket
    people: list[User | None] = [one for one in (ticket.assignee, ticket.owner) if one and one.is_active]
    tell(act, kind, people or on_duty(act, Role.OPERATOR), key=key, text=text, **more)


def here(act: Act, kind: str, *, key: str, text: str = "", **more: Any) -> None:
    """Tell the hospital's own people: who reported it, and its technicians."""
    ticket = act.ticket
    tell(act, kind, [ticket.reporter, *triage.technicians(ticket.hospital)], key=key, text=text, **more)


def on_duty(act: Act, *roles: str) -> list[User | None]:
    """Who is on duty in the ticket's region now, for the first of `roles` that has anybody."""
    region = act.ticket.hospital.region_id
    for role in roles:
        if people := roster.on_duty(role, region, act.now):
            return list(people)
    return []

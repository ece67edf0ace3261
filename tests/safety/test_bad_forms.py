"""T104: a form that is right but for one field: the answer is clear, the other words stay, nothing is half-written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django import forms
from pytest_django import Settings

from tests.safety.nasty import KEPT, TEXTS, Door, Sender, doors, filled_in, tickets_by_state
from tests.world import NOW, World
from tickets import defaults
from tickets.console_forms import FORMS
from tickets.models import Ticket
from tickets.states import VERBS, allows

pytestmark = pytest.mark.django_db
SHOWN_ON = {
    "desk/filters/": ("desk/", "save"),
    "desk/tickets/<str:number>/say/": ("desk/tickets/<str:number>/", "say"),
    "requests/<str:number>/words/": ("requests/<str:number>/", "words"),
    "requests/<str:number>/reopen/": ("requests/<str:number>/", "reopen"),
}
"""Routes that only take what another page's form sends: that page, and the form's name in it."""
VERB_OF = {form.slug(): form.verb for form in FORMS} | {"say": "answer", "phone": "note"}
DATES = ("first day", "last day", "below", "digits")


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


def ticket_for(door: Door, tickets: dict[str, Ticket]) -> Ticket:
    """One in a state that allows what the door does."""
    verb = VERB_OF.get(door.route.rstrip("/").rpartition("/")[2], door.route.rstrip("/").rpartition("/")[2])
    return next(ticket for state, ticket in tickets.items() if verb not in VERBS or allows(state, verb))


def form_of(sender: Sender, door: Door, tickets: dict[str, Ticket]) -> tuple[str, forms.BaseForm] | None:
    """Where a door's form is sent, and the form as its page shows it."""
    page, name = SHOWN_ON.get(door.route, (door.route, "form"))
    values = {key: sender.world.thing(thing) for key, thing in door.things.items()}
    if "number" in values:
        values["number"] = ticket_for(door, tickets).number
    shown = sender.send(door.role, "GET", replace(door, route=page).filled(values))
    context = getattr(shown.response, "context", None)
    form = context.get(name) if context is not None else None
    return (door.filled(values), form) if isinstance(form, forms.BaseForm) else None


def texts_for(field: forms.Field, turn: int) -> list[str]:
    """Some of the bad texts, others for each field; for moments those that look like one."""
    if isinstance(field, forms.ChoiceField | forms.FileField | forms.BooleanField | forms.UUIDField):
        return []
    if isinstance(field, forms.DateTimeField | forms.DateField | forms.IntegerField):
        return list(DATES)
    names = list(TEXTS)
    return [names[(turn + step) % len(names)] for step in (0, 5, 10)]


def is_kept(value: Any, form: forms.BaseForm, name: str) -> bool:
    """Whether a field's words must come back on the page: words that a person typed, passwords apart."""
    return value == KEPT and not isinstance(form.fields[name].widget, forms.PasswordInput)


def test_t104_one_bad_field_is_refused_clearly_and_costs_no_other_words() -> None:
    defaults.load()
    world = World()
    tickets = tickets_by_state(world)
    sender = Sender(world)
    faults, tried, turn = [], set(), 0
    for door in (door for door in doors() if door.method == "POST"):
        if (found := form_of(sender, door, tickets)) is None:
            continue
        path, form = found
        right = filled_in(form)
        for name, field in form.fields.items():
            turn += 1
            for text in texts_for(field, turn):
                sent = right | {name: TEXTS[text]}
                answer = sender.send(door.role, "POST", path, data=sent)
                tried.add(door.route)
                if answer.is_fault:
                    faults.append(f"{door} {name}={text}: {answer.status} {' '.join(answer.wrote)}")
                elif answer.status in {200, 400, 422}:
                    kept = [other for other, value in sent.items() if other != name and is_kept(value, form, other)]
                    if kept and answer.text.count(KEPT) < len(kept):
                        faults.append(f"{door} {name}={text}: {answer.status} lost {kept}")
    assert "\n".join(faults) == ""
    assert len(tried) > 20


@pytest.mark.parametrize("route", sorted(SHOWN_ON))
def test_every_form_that_stands_on_another_page_is_found_there(route: str) -> None:
    defaults.load()
    world = World()
    door = next(door for door in doors() if door.method == "POST" and door.route == route)
    assert form_of(Sender(world), door, tickets_by_state(world)) is not None

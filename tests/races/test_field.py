"""The same push ten times at once is one record and one reply (T100), on real transactions."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from people.models import StoredReply
from tests.field import field_case
from tests.field.field_case import Phone
from tests.races.test_tickets import at_once
from tickets import workflow
from tickets.models import FaultClass
from visits.models import VisitRecord

pytestmark = pytest.mark.django_db(transaction=True)


def test_ten_pushes_at_once_of_one_act_depart_once_and_hear_the_same() -> None:
    now = datetime.now(UTC)
    day = field_case.make(now)
    phones = [Phone(day.engineer, key=day.phone.key) for _ in range(10)]
    for more in ({"kind": "depart"}, {"kind": "note", "text": "一次"}):
        answers = parallel(phones, {**day.phone.act("", day.visit, now), **more})
        assert [answer.status_code for answer in answers] == [200] * 10
        assert len({answer.content for answer in answers}) == 1
    assert set(VisitRecord.objects.exclude(client_key=None).values_list("kind", flat=True)) == {"step", "note"}
    assert VisitRecord.objects.exclude(client_key=None).count() == 2
    assert StoredReply.objects.count() == 2
    assert day.ticket.timeline.facts.filter(kind="departed").count() == 1


def test_of_ten_choices_at_once_with_one_key_none_is_refused_because_its_twin_was_faster() -> None:
    now = datetime.now(UTC)
    day = field_case.make(now)
    module = FaultClass.objects.get(code="main_module")
    workflow.change_class(day.ticket, fault_class=module, by=day.case.operator, now=now)
    said, key = {"field": "fault_class", "base": "node_down", "value": "hardware_total"}, str(uuid.uuid4())
    assert day.phone.push(day.phone.act("edit", day.visit, now, **said), key).status_code == 409
    phones = [Phone(day.engineer, key=day.phone.key) for _ in range(10)]
    answers = parallel(phones, day.phone.act("resolve", day.visit, now, edit=key, choice="theirs"))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.content for answer in answers}) == 1


def parallel(phones: list[Phone], act: dict[str, Any]) -> list[Any]:
    key = str(uuid.uuid4())
    return at_once([lambda phone=phone: phone.push(act, key) for phone in phones], hands=len(phones))

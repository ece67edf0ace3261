"""Visits for other programs: candidates, sending, moving, ending, and what a hospital may read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.api_case import Program, mistakes
from tests.factories import DepotClerkFactory, EngineerFactory, NurseFactory, TeamFactory
from tests.tickets.conftest import Scene
from tests.tickets.test_onsite import failed_at, there
from tickets.models import Ticket

SOON = timezone.now() + timedelta(hours=2)


def sent(scene: Scene, **more: Any) -> tuple[Ticket, dict[str, Any]]:
    ticket, lead = failed_at(scene), Program(scene.lead)
    said = {"engineer": scene.engineer.pk, "starts_at": SOON, **more}
    answer = lead.post(f"/tickets/{ticket.number}/send/", **said)
    assert answer.status_code == 200, answer.content.decode()
    (visit,) = lead.get("/visits/").json()["results"]
    return ticket, visit


def test_candidates_come_best_first_and_only_for_who_sends(scene: Scene) -> None:
    ticket = failed_at(scene)
    (one,) = Program(scene.operator).get(f"/tickets/{ticket.number}/candidates/").json()
    assert (one["id"], one["minutes"], one["start"], one["makes_it"]) == (
        scene.engineer.pk, 95, scene.engineer.team.base.name, False
    )  # fmt: skip
    assert "no grade for this device" in one["reason"]
    assert Program(scene.engineer).get(f"/tickets/{ticket.number}/candidates/").status_code == 403


def test_visit_is_sent_moved_given_to_another_and_called_off(scene: Scene) -> None:
    mate, other = (EngineerFactory(team=scene.engineer.team) for _ in range(2))
    _ticket, visit = sent(scene, crew=[mate.pk])
    assert [(one["id"], one["is_lead"]) for one in visit["crew"]] == [(scene.engineer.pk, True), (mate.pk, False)]
    assert (visit["state"], visit["travel"]["minutes"], visit["travel"]["is_estimate"]) == ("planned", 95, False)
    lead, path = Program(scene.lead), f"/visits/{visit['id']}/"
    later = SOON + timedelta(hours=1)
    assert lead.post(f"{path}move/", starts_at=later).json()["version"] == 2
    assert [one["id"] for one in lead.post(f"{path}reassign/", engineer=other.pk).json()["crew"]] == [other.pk]
    assert lead.post(f"{path}call-off/", reason="医院改期").json()["state"] == "cancelled"
    refused = lead.post(f"{path}move/", starts_at=later)
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "That is not possible now: the visit is in the state “Cancelled”."
    )  # fmt: skip


def test_only_engineers_of_the_region_are_sent(scene: Scene) -> None:
    ticket, far = failed_at(scene), EngineerFactory(team=TeamFactory())
    for person in (far, scene.nurse, scene.operator):
        answer = Program(scene.lead).post(f"/tickets/{ticket.number}/send/", engineer=person.pk, starts_at=SOON)
        assert mistakes(answer) == {"#/engineer": "does_not_exist"}


def test_engineer_begins_and_ends_the_work_and_the_ticket_is_solved(scene: Scene) -> None:
    ticket, visit = there(scene)
    engineer, path = Program(scene.engineer), f"/visits/{visit.pk}/"
    assert engineer.post(f"{path}start/").json()["state"] == "working"
    done = engineer.post(f"{path}finish/", outcome="solved", found="电源烧毁", done="更换电源").json()
    assert (done["state"], done["outcome"]) == ("done", "solved")
    assert engineer.get(f"/tickets/{ticket.number}/").json()["status"] == "solved"
    assert engineer.post(f"{path}call-off/", reason="x").status_code == 403


def test_hospital_reads_its_visits_without_the_way_and_a_stranger_finds_none(scene: Scene) -> None:
    _ticket, visit = sent(scene)
    path = f"/visits/{visit['id']}/"
    (own,) = Program(scene.nurse).get("/visits/").json()["results"]
    assert own["crew"][0]["name"] == scene.engineer.name
    assert not {"travel", "distance_m", "accuracy_m", "check_in_reason"} & own.keys()
    for stranger in (NurseFactory(), EngineerFactory(team=TeamFactory()), DepotClerkFactory()):
        program = Program(stranger)
        assert (program.get(path).status_code, program.get("/visits/").json()["results"]) == (404, [])


def test_list_is_narrowed_shows_each_visit_once_and_reads_few_rows(scene: Scene) -> None:
    mate = EngineerFactory(team=scene.engineer.team)
    _ticket, visit = sent(scene, crew=[mate.pk])
    engineer = Program(scene.engineer)
    with CaptureQueriesContext(connection) as queries:
        (found,) = engineer.get(f"/visits/?engineer={mate.pk}&open=true&ordering=starts").json()["results"]
    assert found["id"] == visit["id"]
    assert len([one for one in queries if "visits_" in one["sql"]]) == 2
    assert engineer.get("/visits/?state=done").json()["results"] == []


@pytest.mark.parametrize("minutes", [0, 2881, "40"])
def test_own_minutes_are_whole_and_in_reason(scene: Scene, minutes: object) -> None:
    ticket, said = failed_at(scene), {"engineer": scene.engineer.pk, "starts_at": SOON}
    answer = Program(scene.lead).post(f"/tickets/{ticket.number}/send/", minutes=minutes, reason="x", **said)
    assert "#/minutes" in mistakes(answer)

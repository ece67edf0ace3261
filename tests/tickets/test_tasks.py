"""What beat calls: each task is there under its name in the schedule and does its verb."""

from __future__ import annotations

from celery import current_app
from django.utils import timezone

from tests.tickets.conftest import Scene
from tickets import tasks, workflow
from tickets.states import Status


def test_every_task_of_the_schedule_exists() -> None:
    current_app.loader.import_default_modules()
    ours = [entry["task"] for entry in current_app.conf.beat_schedule.values() if entry["task"].startswith("tickets.")]
    assert ours
    assert set(ours) <= set(current_app.tasks)


def test_a_ticket_that_was_solved_in_march_is_closed_by_silence_today(scene: Scene) -> None:
    ticket = workflow.resolve(scene.file(), by=scene.operator, cause="线", action="插紧", now=scene.at("09:10"))
    tasks.ask_again()
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED
    assert ticket.closed_at is not None
    assert (timezone.now() - ticket.closed_at).total_seconds() < 60


def test_the_other_tasks_run_on_an_empty_desk(db: None) -> None:
    tasks.follow_engine()
    tasks.end_waits()

"""Every verb in every state: where it leads, or that it is refused and nothing changes (T028)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from sla.models import PauseReason
from tests.factories import TechnicianFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Ticket
from tickets.states import VERBS, Status, WrongState

# Columns: new remote dispatch travel on_site waiting solved closed cancelled hospital.
# A state: the verb leads there.  =: allowed, the state stays.  -: refused.
TABLE = """
answer          remote   =        =        =        =        =        =   -   -   -
words           =        =        =        =        =        =        =   -   -   =
note            =        =        =        =        =        =        =   =   =   =
log_call        =        =        =        =        =        =        =   =   =   new
take            =        =        =        =        =        =        -   -   -   -
assign          =        =        =        dispatch =        =        -   -   -   -
offer_owner     =        =        =        =        =        =        =   -   -   -
accept_owner    =        =        =        =        =        =        =   -   -   -
decline_owner   =        =        =        =        =        =        =   -   -   -
remote_failed   -        dispatch -        -        -        -        -   -   -   -
depart          -        -        travel   -        -        -        -   -   -   -
arrive          -        -        on_site  on_site  -        -        -   -   -   -
confirm_arrival -        -        on_site  on_site  -        -        -   -   -   -
send            -        -        =        -        -        =        -   -   -   -
wait            -        waiting  waiting  waiting  waiting  -        -   -   -   -
resume          -        -        -        -        -        on_site  -   -   -   -
resolve         solved   solved   solved   solved   solved   solved   -   -   -   -
confirm         -        -        -        -        -        -        closed - -   -
reopen          -        -        -        -        -        -        new new -   -
cancel          cancelled cancelled cancelled cancelled - cancelled   -   -   -   -
change_priority =        =        =        =        =        =        -   -   -   -
change_class    =        =        =        =        =        =        -   -   -   -
edit            =        =        =        =        =        =        =   -   -   -
pass_on         -        -        -        -        -        -        -   -   -   new
solve_here      -        -        -        -        -        -        -   -   -   closed
"""
EXPECTED = {
    (row.split()[0], state): cell
    for row in TABLE.strip().splitlines()
    for state, cell in zip(Status, row.split()[1:], strict=True)
}


def calls(scene: Scene, ticket: Ticket) -> dict[str, Callable[[], Ticket]]:
    """Each verb with reasonable arguments."""
    now = scene.at("10:00")
    operator, engineer, nurse = scene.operator, scene.engineer, scene.nurse
    by_operator, by_engineer = {"by": operator, "now": now}, {"by": engineer, "now": now}
    reason = PauseReason.objects.all()[0]
    return {
        "answer": lambda: workflow.answer(ticket, text="请重启", **by_operator),
        "words": lambda: workflow.words(ticket, by=nurse, text="还是不行", now=now),
        "note": lambda: workflow.note(ticket, text="日志有错", **by_operator),
        "log_call": lambda: workflow.log_call(
            ticket, started_at=now, seconds=60, summary="打不通", answered=False, **by_operator
        ),
        "take": lambda: workflow.take(ticket, **by_engineer),
        "assign": lambda: workflow.assign(ticket, to=operator, **by_operator),
        "offer_owner": lambda: workflow.offer_owner(ticket, to=engineer, by=scene.lead, now=now),
        "accept_owner": lambda: workflow.accept_owner(ticket, by=scene.lead, now=now),
        "decline_owner": lambda: workflow.decline_owner(ticket, by=scene.lead, now=now),
        "remote_failed": lambda: workflow.remote_failed(ticket, reason="重启无效", **by_operator),
        "depart": lambda: workflow.depart(ticket, **by_engineer),
        "arrive": lambda: workflow.arrive(ticket, **by_engineer),
        "confirm_arrival": lambda: workflow.confirm_arrival(ticket, by=nurse, now=now),
        "send": lambda: workflow.send(
            ticket, engineer=engineer, starts_at=now + timedelta(hours=1), by=scene.lead, now=now
        ),
        "wait": lambda: workflow.wait(ticket, reason=reason, note="手术中", **by_operator),
        "resume": lambda: workflow.resume(ticket, **by_operator),
        "resolve": lambda: workflow.resolve(ticket, cause="线松了", action="插紧", **by_engineer),
        "confirm": lambda: workflow.confirm(ticket, by=nurse, now=now),
        "reopen": lambda: workflow.reopen(ticket, by=nurse, reason="又黑了", now=now),
        "cancel": lambda: workflow.cancel(ticket, reason="重复", **by_operator),
        "pass_on": lambda: workflow.pass_on(ticket, by=nurse, now=now),
        "solve_here": lambda: workflow.solve_here(
            ticket, by=TechnicianFactory(hospital=scene.hospital), text="换线", now=now
        ),
        "change_priority": lambda: workflow.change_priority(ticket, impact=1, urgency=1, reason="", **by_operator),
        "change_class": lambda: workflow.change_class(ticket, fault_class=scene.fault_class("port"), **by_operator),
        "edit": lambda: workflow.edit(ticket, title="新标题", description="", place="", version=1, **by_operator),
    }


@pytest.mark.parametrize("state", Status)
def test_each_verb_leads_where_the_table_says_and_is_refused_elsewhere(scene: Scene, state: Status) -> None:
    ticket = scene.file()
    Ticket.objects.filter(pk=ticket.pk).update(
        status=state, resume_to="on_site" if state == "waiting" else "", offered_to=scene.lead, assignee=scene.engineer
    )
    came_out = {}
    for verb, call in calls(scene, ticket).items():
        # Without the savepoint, the next verb would find what this one left behind.
        with transaction.atomic():
            try:
                after = call().status
            except WrongState:
                after = "-"
                ticket.refresh_from_db()
                assert ticket.status == state
            came_out[verb] = "=" if after == state else str(after)
            transaction.set_rollback(True)
    assert came_out == {verb: EXPECTED[verb, state] for verb in came_out}


def test_every_verb_of_the_table_of_states_is_tried_here(scene: Scene) -> None:
    steps_of_others = {"respond", "turn_back", "come_again", "keep_here", "evidence", "confirm_evidence", "retarget"}
    steps_of_others |= {"verify", "discard", "set_cause", "override_verdict"}  # test_scanning, test_verdicts
    steps_of_others |= {"quote", "answer_quote", "withdraw_quote"}  # test_quotes
    steps_of_others |= {"mark_urgent", "unmark_urgent"}  # test_urgent
    steps_of_others |= {"ask_part", "follow_part"}  # test_parts
    assert set(VERBS) - steps_of_others == set(calls(scene, scene.file())) == {verb for verb, _ in EXPECTED}


def test_a_refused_move_names_both_states_and_says_it_in_words(scene: Scene) -> None:
    ticket = scene.file()
    with pytest.raises(WrongState, match="new → closed") as refused:
        workflow.confirm(ticket, by=scene.nurse, now=scene.at("09:01"))
    assert refused.value.sentence


def test_a_refused_verb_leaves_no_trace(scene: Scene) -> None:
    ticket = scene.file()
    before = (scene.kinds(ticket), scene.facts(ticket))
    with pytest.raises(WrongState):
        workflow.depart(ticket, by=scene.engineer, now=ticket.created_at + timedelta(minutes=1))
    assert (scene.kinds(ticket), scene.facts(ticket)) == before


def test_every_verb_leaves_the_moment_of_the_last_change(scene: Scene) -> None:
    ticket = workflow.note(scene.file("09:00"), by=scene.operator, text="日志有错", now=scene.at("09:30"))
    ticket.refresh_from_db()
    assert (ticket.created_at, ticket.changed_at) == (scene.at("09:00"), scene.at("09:30"))


def test_only_the_workflow_writes_a_status() -> None:
    root = Path(workflow.__file__).parent.parent.parent
    writes = re.compile(r"\.status\s*=[^=]|\b(?:update|update_or_create|bulk_update)\([^)]*\bstatus\s*=", re.DOTALL)
    sources = [path for app in ("tickets", "reports", "servicedesk") for path in (root / app).rglob("*.py")]
    guilty = {path.relative_to(root).as_posix() for path in sources if writes.search(path.read_text())}
    assert guilty == {"tickets/workflow/act.py"}

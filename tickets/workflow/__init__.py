"""What can happen to a ticket. Every page, interface and task comes in through these verbs.

A verb locks the ticket, asks `tickets.states`, writes, adds a `TicketEvent`, records the fact on the
timeline and tells people, in one transaction. `by` is who acts, `now` the server's time; the ticket
handed in only says which one: use the one that is returned. A verb raises `states.WrongState` or
another `states.Refused` (whose `sentence` is for the person who asked), and `Conflict` for a stale
edit; roles are the caller's business (`people.access`). Nothing outside this package writes a status.
"""

from tickets.states import Refused
from tickets.workflow.ending import cancel, close_silent, confirm, remind, reopen, resolve
from tickets.workflow.engine import follow_engine
from tickets.workflow.intake import open_ticket
from tickets.workflow.onsite import arrive, confirm_arrival, confirm_evidence, depart, remote_failed
from tickets.workflow.ownership import accept_owner, assign, decline_owner, offer_owner, take
from tickets.workflow.parts import (
    ask_part,
    choose_depot,
    deliver_part,
    draft_part,
    fit_part,
    follow_parts,
    note_part_event,
    split_part,
    unused_part,
    withdraw_part,
)
from tickets.workflow.quotes import (
    answer_quote,
    discard_draft,
    expire_quotes,
    record_answer,
    save_quote,
    send_quote,
    withdraw_quote,
)
from tickets.workflow.reports import make_reports
from tickets.workflow.scanning import discard, report, verify
from tickets.workflow.scripts import end_script
from tickets.workflow.talk import answer, log_call, note, words
from tickets.workflow.terms import Conflict, change_class, change_priority, edit, retarget
from tickets.workflow.triage import configure, follow_triage, pass_on, solve_here
from tickets.workflow.urgent import mark_urgent, unmark_urgent
from tickets.workflow.verdicts import follow_verdicts, override_verdict, set_cause
from tickets.workflow.visiting import (
    call_off,
    finish_visit,
    leave_site,
    move_visit,
    reassign_visit,
    send,
    sign_visit,
    start_work,
)
from tickets.workflow.waits import end_waits, resume, wait

__all__ = [
    "Conflict",
    "Refused",
    "accept_owner",
    "answer",
    "answer_quote",
    "arrive",
    "ask_part",
    "assign",
    "call_off",
    "cancel",
    "change_class",
    "change_priority",
    "choose_depot",
    "close_silent",
    "configure",
    "confirm",
    "confirm_arrival",
    "confirm_evidence",
    "decline_owner",
    "deliver_part",
    "depart",
    "discard",
    "discard_draft",
    "draft_part",
    "edit",
    "end_script",
    "end_waits",
    "expire_quotes",
    "finish_visit",
    "fit_part",
    "follow_engine",
    "follow_parts",
    "follow_triage",
    "follow_verdicts",
    "leave_site",
    "log_call",
    "make_reports",
    "mark_urgent",
    "move_visit",
    "note",
    "note_part_event",
    "offer_owner",
    "open_ticket",
    "override_verdict",
    "pass_on",
    "reassign_visit",
    "record_answer",
    "remind",
    "remote_failed",
    "reopen",
    "report",
    "resolve",
    "resume",
    "retarget",
    "save_quote",
    "send",
    "send_quote",
    "set_cause",
    "sign_visit",
    "solve_here",
    "split_part",
    "start_work",
    "take",
    "unmark_urgent",
    "unused_part",
    "verify",
    "wait",
    "withdraw_part",
    "withdraw_quote",
    "words",
]

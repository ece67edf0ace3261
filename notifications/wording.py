"""What each kind of notification says: one table, read by the inbox and by the mails.

Words are made when somebody reads them, in the reader's language, from the kind and the context that
the verb stored. Context keys, all optional: `ticket` (number), `title`, `hospital`, `who` (a name),
`text` (a quotation, plain), `reason`, and instants as ISO 8601 under names that end in `_at`. A value
is data: it is never read as a template (T057).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from common.wording import clock, duration

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from notifications.models import Notification
    from people.models import User

    Facts = Mapping[str, Any]
    Sentence = _StrPromise | Callable[[Facts, datetime], str]

LATE_WORTH_SAYING = 60
OPEN = _("Open the ticket")
SUBJECT_LENGTH = 120


class NotForHospitals(ValueError):
    """A matter of the company was addressed to a hospital's person (T098)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind. `to_hospital`: the sentence for hospital people; without one they are never told."""

    icon: str
    to_staff: Sentence | None
    to_hospital: Sentence | None = None
    button: _StrPromise = OPEN
    tone: str = "act"


@dataclass(frozen=True, slots=True)
class Words:
    """A notification as its reader sees it: a sentence, a quotation (may be empty), a link's words."""

    sentence: str
    quote: str
    button: str
    icon: str
    tone: str

    @property
    def subject(self) -> str:
        """The sentence as one line that a mail header can carry (T096)."""
        line = " ".join(self.sentence.split())
        return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1] + "…"


def _page(facts: Facts, at: datetime) -> str:
    """A milestone of a clock: what is promised, until when, and what is left of it at `at`."""
    left = _seconds_between(at, facts["due_at"])
    if left > 0:
        # Translators: {ticket}：{promise}（{clause}）{due_at} 前要完成，还剩 {left}。
        text = _text("%(ticket)s: %(promise)s (%(clause)s) is due by %(due)s, %(left)s left.")
    else:
        # Translators: {ticket}：{promise}（{clause}）应在 {due} 前完成，已超 {left}。
        text = _text("%(ticket)s: %(promise)s (%(clause)s) was due by %(due)s, now %(left)s over.")
    said = text % {**_plain(facts, at), "due": _moment(facts["due_at"], at), "left": duration(left)}
    late = int(facts["late_seconds"] or 0)
    if late < LATE_WORTH_SAYING:
        return said
    # Translators: 时限引擎停过，本通知晚了 {late}。
    return said + " " + _text("This page comes %(late)s late: the engine stood still.") % {"late": duration(late)}


TABLE: dict[str, Wording] = {
    "sla.page": Wording("alarm-clock", _page, tone="warn"),
    "sla.nobody_on_duty": Wording(
        "user-x",
        # Translators: {ticket}：{promise} 该叫人了，但值班表上没有人（{roles}）。
        _("%(ticket)s: %(promise)s should page someone, but nobody is on duty (%(roles)s)."),
        tone="bad",
    ),
    "sla.set_aside": Wording(
        "octagon-alert",
        # Translators: 时限引擎放下了 {ticket} 的一个时限，请查看：{reason}
        _("The engine set a clock of %(ticket)s aside, please look: %(reason)s"),
        tone="bad",
    ),
    "ticket.receipt": Wording(
        "inbox",
        None,
        # Translators: 已收到您的报修 {ticket}“{title}”，{due} 前由技术人员答复您。
        _("We have received your report %(ticket)s “%(title)s”. A technician answers by %(due_at)s."),
        # Translators: 查看进展。
        _("See how it goes on"),
    ),
    "ticket.filed": Wording(
        "ticket",
        # Translators: {hospital} 报修 {ticket}“{title}”
        _("%(hospital)s filed %(ticket)s: %(title)s"),
        # Translators: {who}为贵院报修 {ticket}“{title}”
        _("%(who)s filed %(ticket)s for your hospital: %(title)s"),
    ),
    "ticket.answered": Wording(
        "message-square",
        # Translators: {who}答复了 {ticket}“{title}”
        _("%(who)s answered on %(ticket)s: %(title)s"),
        # Translators: {who}答复了您的报修 {ticket}“{title}”
        _("%(who)s answered your report %(ticket)s “%(title)s”."),
        _("Read and reply"),
    ),
    "ticket.words": Wording(
        "message-square",
        # Translators: {who}（{hospital}）在 {ticket} 留言：{title}
        _("%(who)s (%(hospital)s) wrote on %(ticket)s: %(title)s"),
    ),
    "ticket.assigned": Wording(
        "user-check",
        # Translators: {ticket}“{title}”交给您处理（{hospital}）
        _("%(ticket)s is yours now: %(title)s (%(hospital)s)"),
    ),
    "ticket.owner_offered": Wording(
        "handshake",
        # Translators: {who}请您接任 {ticket} 的首问负责人：{title}
        _("%(who)s asks you to become first-contact owner of %(ticket)s: %(title)s"),
        button=_("Accept or decline"),
    ),
    "ticket.owner_accepted": Wording(
        "handshake",
        # Translators: {who}已接任 {ticket} 的首问负责人
        _("%(who)s is now first-contact owner of %(ticket)s: %(title)s"),
        # Translators: {who}现在负责您的报修 {ticket}“{title}”，有事可以直接找{who}
        _("%(who)s now looks after your report %(ticket)s “%(title)s” until it is closed."),
    ),
    "ticket.owner_declined": Wording(
        "handshake",
        # Translators: {who}没有接任 {ticket} 的首问负责人，仍由您负责
        _("%(who)s declined to become first-contact owner of %(ticket)s; it stays with you."),
    ),
    "ticket.waiting": Wording(
        "pause",
        # Translators: {ticket} 在等医院：{reason}
        _("%(ticket)s waits for the hospital: %(reason)s"),
        # Translators: 您的报修 {ticket}“{title}”在等您这边：{reason}
        _("Your report %(ticket)s “%(title)s” waits for you: %(reason)s"),
        _("See what is needed"),
    ),
    "ticket.visit_needed": Wording(
        "truck",
        # Translators: {ticket} 远程解决不了，请派工程师（{hospital}）：{reason}
        _("%(ticket)s cannot be solved remotely, please send an engineer (%(hospital)s): %(reason)s"),
        tone="warn",
    ),
    "ticket.engineer_sent": Wording(
        "truck",
        # Translators: {who}已出发去处理 {ticket}，预计 {expected_at} 到
        _("%(who)s is on the way for %(ticket)s, expected %(expected_at)s."),
        # Translators: {who}工程师已出发，预计 {expected_at} 到，处理您的报修 {ticket}“{title}”
        _("%(who)s is on the way to you, expected %(expected_at)s, for %(ticket)s “%(title)s”."),
        _("See how it goes on"),
    ),
    "ticket.arrived": Wording(
        "map-pin",
        # Translators: {who} {arrived_at} 到场（{ticket}）
        _("%(who)s arrived for %(ticket)s at %(arrived_at)s."),
        # Translators: {who}工程师 {arrived_at} 已到场，处理您的报修 {ticket}“{title}”
        _("%(who)s arrived at %(arrived_at)s for your report %(ticket)s “%(title)s”."),
        _("See how it goes on"),
    ),
    "ticket.evidence": Wording(
        "clock-alert",
        # Translators: {who}补报 {ticket} 于 {arrived_at} 到场，设备时间不可靠，请您核实
        _("%(who)s reports late to have arrived for %(ticket)s at %(arrived_at)s. Please confirm or reject it."),
        tone="warn",
    ),
    "ticket.solved": Wording(
        "circle-check",
        # Translators: {who}解决了 {ticket}“{title}”，等医院确认
        _("%(who)s solved %(ticket)s: %(title)s"),
        # Translators: 您的报修 {ticket}“{title}”已处理好，请您确认；还有问题就点“还没好”
        _("Your report %(ticket)s “%(title)s” is solved. Please confirm it, or tell us what is still wrong."),
        # Translators: 去确认，或告诉我们还没好。
        _("Confirm or reopen"),
        "ok",
    ),
    "ticket.reopened": Wording(
        "rotate-ccw",
        # Translators: {ticket}“{title}”重新打开了：{reason}
        _("%(ticket)s was reopened: %(reason)s"),
        # Translators: 您的报修 {ticket}“{title}”又在处理了
        _("We are working on your report %(ticket)s “%(title)s” again."),
        OPEN,
        "warn",
    ),
    "ticket.closed": Wording(
        "circle-check",
        # Translators: {ticket}“{title}”已关闭
        _("%(ticket)s is closed: %(title)s"),
        # Translators: 您的报修 {ticket}“{title}”已完成
        _("Your report %(ticket)s “%(title)s” is closed."),
        OPEN,
        "ok",
    ),
    "ticket.cancelled": Wording(
        "minus",
        # Translators: {ticket} 已撤销：{reason}
        _("%(ticket)s was withdrawn: %(reason)s"),
        # Translators: 您的报修 {ticket}“{title}”已撤销：{reason}
        _("Your report %(ticket)s “%(title)s” was withdrawn: %(reason)s"),
        OPEN,
        "off",
    ),
    "mail.given_up": Wording(
        "mail-x",
        # Translators: 发给{who}（{address}）的邮件发不出去，已放弃：{reason}
        _("Mail to %(who)s (%(address)s) could not be delivered and was given up: %(reason)s"),
        button=_("Open the inbox"),
        tone="bad",
    ),
}
"""Kind → what it says to whom. `tests/notifications/test_wording.py` finds kinds that the code uses
without a row here."""

# A kind that only a newer process knows (an upgrade in progress) still reads as a sentence.
UNKNOWN = Wording("bell", _("There is news on %(ticket)s: %(title)s"))


def check_audience(kind: str, person: User) -> None:
    """Raise NotForHospitals when hospital people have no sentence for `kind`."""
    if person.is_hospital and TABLE.get(kind, UNKNOWN).to_hospital is None:
        raise NotForHospitals(f"{kind} is not for a hospital's person ({person.pk})")


def words(notification: Notification, reader: User, now: datetime) -> Words:
    """What `notification` says to `reader` in the language that is active; times are told from `now`."""
    row = TABLE.get(notification.kind, UNKNOWN)
    sentence = row.to_hospital if reader.is_hospital else row.to_staff
    if sentence is None:
        sentence = UNKNOWN.to_staff
    facts: Facts = defaultdict(str, notification.context)
    said = sentence(facts, notification.created_at) if callable(sentence) else str(sentence) % _plain(facts, now)
    return Words(said, str(facts["text"]), str(row.button), row.icon, row.tone)


def _plain(facts: Facts, now: datetime) -> Facts:
    """The context as words: instants as a clock shows them, anything missing as nothing."""
    return defaultdict(
        str, {key: _moment(value, now) if key.endswith("_at") else value for key, value in facts.items()}
    )


def _moment(value: str, now: datetime) -> str:
    return clock(datetime.fromisoformat(value), now) if value else ""


def _seconds_between(at: datetime, due: str) -> float:
    return (datetime.fromisoformat(due) - at).total_seconds() if due else 0.0

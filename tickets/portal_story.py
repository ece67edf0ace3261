"""A ticket's story as the hospital reads it: whole sentences with a person as subject."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import wording
from common.present import Attachment, Entry, EntryKind, Tag
from tickets.models import Ticket, TicketEvent

E = TicketEvent.EventKind
PHOTO = "image"
"""Icon of an attachment that can be looked at on the page."""

SPOKEN: dict[str, EntryKind] = {
    E.FILED: "hospital",
    E.WORDS: "hospital",
    E.ANSWER: "public",
    E.CALL: "call",
    E.SOLVED: "public",
    E.SOLVED_HERE: "hospital",
}
"""Events that carry people's words."""


def entries(ticket: Ticket, events: Iterable[TicketEvent], now: datetime) -> Iterable[Entry]:
    """What happened, newest first; `events` are those that the reader may see."""
    for event in events:
        kind = SPOKEN.get(event.kind)
        if kind is None and event.kind == E.REOPENED and event.body:
            kind = "hospital"
        if kind:
            yield _spoken(ticket, event, kind)
        else:
            yield Entry("system", event.at, body=sentence(event, now), attachments=_files(event))


def _spoken(ticket: Ticket, event: TicketEvent, kind: EntryKind) -> Entry:
    return Entry(
        kind,
        event.at,
        who=_speaker(ticket, event),
        role=_role(ticket, event),
        body=event.body or ticket.title,
        tags=_tags(event),
        attachments=_files(event),
    )


def _files(event: TicketEvent) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            link.attachment.name,
            reverse("ticket-file", args=[link.attachment.key]),
            PHOTO if link.attachment.is_image else "paperclip",
        )
        for link in event.files.all()
    )


def _speaker(ticket: Ticket, event: TicketEvent) -> str:
    if event.kind == E.FILED:
        return ticket.contact_name or (ticket.reporter.name if ticket.reporter else "")
    return event.by.name if event.by else _("Service desk")


def _role(ticket: Ticket, event: TicketEvent) -> str:
    if event.kind == E.FILED:
        return str(ticket.get_channel_display())
    if event.by_id is not None and event.by_id == ticket.owner_id:
        return _("first contact")
    return event.by.title if event.by else ""


def _tags(event: TicketEvent) -> tuple[Tag, ...]:
    if event.kind == E.SOLVED:
        return (Tag(_("Solved"), "circle-check", "ok"),)
    if event.kind == E.REOPENED:
        return (Tag(_("Not solved"), "rotate-ccw", "warn"),)
    if event.kind == E.CALL and (seconds := event.data.get("seconds")):
        return (Tag(wording.duration(seconds), "phone"),)
    return ()


SENTENCES: dict[tuple[str, str], Any] = {
    (E.RECEIPT, ""): gettext_lazy("We have received it; this receipt was sent automatically."),
    (E.OWNER, ""): gettext_lazy("%(to)s is your first contact and answers for this to its end."),
    (E.REMOTE_FAILED, ""): gettext_lazy("%(who)s: it cannot be solved remotely (%(why)s). An engineer is being sent."),
    (E.REMOTE_LIMIT, ""): gettext_lazy(
        "It was not solved remotely in the time promised, so an engineer is being sent."
    ),
    (E.DEPARTED, ""): gettext_lazy("%(who)s has set out."),
    (E.DEPARTED, "time"): gettext_lazy("%(who)s has set out, expected at %(time)s."),
    (E.ARRIVED, ""): gettext_lazy("%(who)s arrived at your site."),
    (E.ARRIVED, "disputed"): gettext_lazy("%(who)s arrived at your site; the time is being checked."),
    (E.ARRIVED, "hospital"): gettext_lazy("%(who)s says that our engineer is there."),
    (E.VISIT, "planned"): gettext_lazy("%(to)s is to be with you at %(time)s."),
    (E.VISIT, "moved"): gettext_lazy("The visit was moved: %(to)s is to be with you at %(time)s."),
    (E.VISIT, "reassigned"): gettext_lazy("%(to)s comes instead and is to be with you at %(time)s."),
    (E.VISIT, "called_off"): gettext_lazy("The visit was called off: %(why)s."),
    (E.VISIT, "finished"): gettext_lazy("The work at your site is over for this time."),
    (E.VISIT, "signed"): gettext_lazy("%(to)s signed for the visit."),
    (E.VISIT, "unsigned"): gettext_lazy("Nobody signed for the visit: %(why)s."),
    (E.WAITING, ""): gettext_lazy("It rests as agreed: %(why)s."),
    (E.WAITING, "time"): gettext_lazy("It rests as agreed until %(time)s: %(why)s."),
    (E.RESUMED, ""): gettext_lazy("Work goes on."),
    (E.CLOSED, ""): gettext_lazy("%(who)s confirmed that it works again."),
    (E.CLOSED, "silence"): gettext_lazy("Closed, since nobody told us otherwise. It can still be opened again."),
    (E.CLOSED, "imported"): gettext_lazy("Closed."),
    (E.REOPENED, ""): gettext_lazy("%(who)s: not solved. It is open again and the promises start anew."),
    (E.CANCELLED, ""): gettext_lazy("Withdrawn: %(why)s."),
    (E.VERIFIED, ""): gettext_lazy("%(who)s called back: the report is true."),
    (E.TRIAGE, ""): gettext_lazy(
        "Your hospital's technician looks at it first. At %(time)s at the latest it goes to us."
    ),
    (E.PASSED_ON, ""): gettext_lazy("%(who)s sent it to the service centre. %(why)s"),
    (E.PASSED_ON, "limit"): gettext_lazy("It waited long enough at your hospital and went to the service centre."),
    (E.PASSED_ON, "call"): gettext_lazy("%(who)s took a call about it: it is with the service centre now."),
    (E.QUOTE, "sent"): gettext_lazy("%(who)s sent you quote %(quote)s of CNY %(total)s."),
    (E.QUOTE, "accepted"): gettext_lazy("%(name)s accepted quote %(quote)s of CNY %(total)s."),
    (E.QUOTE, "declined"): gettext_lazy("%(name)s declined quote %(quote)s of CNY %(total)s. %(why)s"),
    (E.QUOTE, "expired"): gettext_lazy("Quote %(quote)s has expired without an answer."),
    (E.QUOTE, "withdrawn"): gettext_lazy("%(who)s took back quote %(quote)s: %(why)s."),
    (E.PART, "asked"): gettext_lazy("A spare part is needed: %(parts)s."),
    (E.PART, "asked, time"): gettext_lazy("A spare part is needed: %(parts)s. It is with you by %(time)s."),
    (E.PART, "shipped"): gettext_lazy("The spare part is on its way: %(parcel)s."),
    (E.PART, "shipped, time"): gettext_lazy("The spare part is on its way: %(parcel)s, expected %(time)s."),
    (E.PART, "delivered"): gettext_lazy("The spare part was signed for by %(received_by)s."),
    (E.PART, "fitted"): gettext_lazy("The spare part is in its place: %(parts)s."),
    (E.PART, "again"): gettext_lazy("The parcel did not reach you; we send another one: %(parts)s."),
    (E.PART, "unused"): gettext_lazy("The spare part was not needed and comes back to us: %(parts)s."),
    (E.PART, "withdrawn"): gettext_lazy("The request for a spare part was withdrawn: %(parts)s."),
    (E.EDITED, ""): gettext_lazy("%(who)s corrected the description."),
    (E.REPORT, ""): gettext_lazy("The service report is ready. Check code: %(code)s."),
    (E.URGENT, ""): gettext_lazy("Urgent response, from the quota of your contract: %(why)s"),
    (E.URGENT, "billable"): gettext_lazy("Urgent response, billable: %(why)s"),
    (E.URGENT, "returned"): gettext_lazy("The urgent response was given back: %(why)s"),
}
"""Kind of event and its variant → the sentence."""


def sentence(event: TicketEvent, now: datetime) -> str:
    """What happened, in one sentence."""
    data = event.data
    moment = data.get("expected_at") or data.get("until") or data.get("starts_at")
    variant = "disputed" if data.get("disputed") else data.get("how") or ("time" if moment else "")
    timed = SENTENCES.get((event.kind, f"{variant}, time")) if moment else None
    text = timed or SENTENCES.get((event.kind, variant)) or SENTENCES.get((event.kind, ""))
    if text is None:
        return str(event.get_kind_display())
    return str(text) % {
        "who": event.by.name if event.by else _("The service desk"),
        **{
            name: data.get(name, "")
            for name in ("to", "name", "quote", "total", "code", "parts", "parcel", "received_by")
        },
        # The sentence ends it: a full stop of their own would stand twice.
        "why": " · ".join(part for part in (data.get("reason", ""), event.body) if part).rstrip("。."),
        "time": wording.clock(datetime.fromisoformat(moment), now) if moment else "",
    }

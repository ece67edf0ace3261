"""What every page needs around its content: navigation, hotline, heartbeat, unread count, the time, true or moved."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from common.prepared import Given, Prepared
from common.present import NavItem
from notifications import inbox
from people.access import may
from sla import heartbeat

# act, words, url name, icon, shortcut. An entry shows when the person may do the act.
PORTAL = (
    ("portal", _("Home"), "portal:home", "house", "g h"),
    ("portal", _("My faults"), "portal:requests", "ticket", "g t"),
    ("tickets.file", _("File a fault"), "portal:file", "wrench", "g n"),
    ("tickets.triage", _("Technician"), "portal:technician", "stethoscope", "g s"),
    ("portal", _("Devices"), "portal:devices", "monitor", "g d"),
    ("portal", _("Our service"), "service", "shield-check", "g v"),
)
CONSOLE = (
    ("tickets.see", _("Tickets"), "console:queue", "ticket", "g q"),
    ("wall", _("Promise wall"), "wall", "activity", "g w"),
    ("visits.see", _("Dispatch"), "console:dispatch", "calendar-range", "g t"),
    ("tickets.log", _("Log a call"), "console:new", "headset", "n"),
    ("spares.work", _("Spare parts"), "spares:depot", "package", "g b"),
    ("field", _("My jobs"), "field:app", "route", "g m"),
    ("field.desk", _("Field phones"), "field-desk:page", "smartphone", "g f"),
    ("hospitals.see", _("Hospitals"), "hospitals", "hospital", "g h"),
    ("console", _("Devices"), "console:devices", "monitor", "g d"),
    ("contracts.see", _("Contracts"), "warranty:contracts", "file-text", "g k"),
    ("contracts.see", _("Duty ledger"), "warranty:duties", "list-todo", "g o"),
    ("roster", _("Duty roster"), "roster", "calendar-days", "g r"),
    ("training", _("Trainings"), "console:trainings", "graduation-cap", "g l"),
    ("critical.plan", _("Critical periods"), "sla:critical", "calendar-clock", "g p"),
    ("calendars", _("Calendars"), "sla:calendars", "calendar-cog", "g c"),
    ("setup", _("Set-up"), "admin:index", "settings", "g a"),
)
URLS = {
    "login": "account:login",
    "logout": "account:logout",
    "account": "account:me",
    "inbox": "inbox",
    "live": "live",
    "preferences": "account-notifications",
    "heartbeat": "heartbeat",
    "set_language": "account:language",
}

# The same on every page of the process, and looked for among all addresses each time.
_address = cache(reverse)
_last_beat: Prepared[Any] = Prepared(
    lambda: heartbeat.latest().annotate(unread=inbox.unread_expression(Given("person")))[:1]
)


def desk(request: HttpRequest) -> dict[str, Any]:
    """Context of `base*.html`; whatever asks the database is lazy, so plain pages cost nothing."""
    user = getattr(request, "user", None)
    now = timezone.now()
    context: dict[str, Any] = {
        "now": now,
        "clock_days": settings.DEMO_CLOCK_DAYS,
        "hotline_number": settings.HOTLINE_NUMBER,
        "urls": {key: _address(name) for key, name in URLS.items()},
        "nav": (),
    }
    if user is None or not user.is_authenticated:
        return context
    context["nav"] = nav = _nav(request, PORTAL if user.is_hospital else CONSOLE)
    context["urls"]["home"] = nav[0].url if nav else "/"
    if may(user, "roster"):
        context["urls"]["roster_gaps"] = _address("roster-gaps")
    if user.is_hospital:
        context["unread"] = SimpleLazyObject(lambda: inbox.unread(user))
        context["hospital_name"] = SimpleLazyObject(lambda: user.hospital.name)
    else:
        # Both stand on every page of the company: one query.
        beats = cache(lambda: _last_beat(person=user.pk))
        context["unread"] = SimpleLazyObject(lambda: (beats()[0].unread or 0) if beats() else inbox.unread(user))
        context["engine"] = SimpleLazyObject(lambda: heartbeat.status(now, beats()))
    return context


def _nav(request: HttpRequest, table: tuple[tuple[str, Any, str, str, str], ...]) -> tuple[NavItem, ...]:
    """Entries the person may use; the one with the longest matching path is current."""
    rows = [(text, _address(name), icon, keys) for act, text, name, icon, keys in table if may(request.user, act)]
    under = (
        url for _text, url, _icon, _keys in rows if request.path == url or (url != "/" and request.path.startswith(url))
    )
    here = max(under, key=len, default="")
    return tuple(NavItem(text, url, icon, current=url == here, shortcut=keys) for text, url, icon, keys in rows)

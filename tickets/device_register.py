"""The register of devices: what is looked for, and what one line of it says. For the company and for a hospital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.keyset import Keyset, page
from common.present import Filter, Tag, Tone
from devices.models import Device, DeviceModel, State
from devices.models.devices import DeviceQuerySet
from people.models import User
from tickets.filters import places
from tickets.models import Ticket
from tickets.states import OPEN

PAGE = 30
MAX_INPUT, MAX_WORDS = 100, 8
KEYS = ("q", "hospital", "kind", "state")
NEWEST = Keyset()
SEARCHED = (
    "name", "serial", "room", "maker", "model__name", "site__name", "hospital__name", "hospital__short_name",
    "project__name",
)  # fmt: skip
ALL = "all"
STATES: dict[str, Any] = {
    State.IN_USE: _("In use"),
    State.REPLACED: _("Replaced"),
    State.RETIRED: _("Retired"),
    ALL: _("All"),
}
TAGS: dict[str, tuple[str, Tone]] = {
    State.IN_USE: ("circle-check", "off"),
    State.REPLACED: ("replace", "off"),
    State.RETIRED: ("archive", "off"),
}
KIND_ICONS = {
    DeviceModel.Kind.MCU: "network",
    DeviceModel.Kind.TERMINAL: "monitor",
    DeviceModel.Kind.HIS_SERVER: "server",
    DeviceModel.Kind.SOFTWARE: "app-window",
    DeviceModel.Kind.OTHER: "box",
}


class RegisterFilter(django_filters.FilterSet):
    """Hospital and kind; a value outside the choices filters nothing and is told."""

    hospital = django_filters.ChoiceFilter(
        label=_("Hospital"), field_name="hospital_id", empty_label=_("All hospitals")
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="model__kind", choices=DeviceModel.Kind.choices, empty_label=_("All kinds")
    )

    class Meta:
        model = Device
        fields = ("hospital", "kind")

    def __init__(self, data: QueryDict, queryset: QuerySet[Device], *, user: User) -> None:
        super().__init__(data, queryset)
        if user.is_hospital:
            del self.filters["hospital"]
        else:
            self.filters["hospital"].extra["choices"] = places(user)[0]


@dataclass(frozen=True, slots=True)
class Row:
    """A device, and how many of its faults are not over."""

    device: Device
    open_faults: int

    @property
    def tag(self) -> Tag:
        return state_tag(self.device)

    @property
    def icon(self) -> str:
        return KIND_ICONS[DeviceModel.Kind(self.device.model.kind)]


@dataclass(frozen=True, slots=True)
class Register:
    """The register as a person asked for it."""

    rows: tuple[Row, ...]
    states: tuple[Filter, ...]
    filterset: RegisterFilter
    words: str
    state: str
    narrowed: bool
    newer_url: str
    older_url: str


def state_tag(device: Device) -> Tag:
    """Where it is in its life, in a word with its picture."""
    icon, tone = TAGS[device.state]
    return Tag(device.get_state_display(), icon, tone)


def find(devices: DeviceQuerySet, text: str) -> DeviceQuerySet:
    """Those that every word of `text` fits: name, serial number, maker, model, room, site, hospital or project."""
    for word in text.replace("\x00", "")[:MAX_INPUT].split()[:MAX_WORDS]:
        fits = Q()
        for column in SEARCHED:
            fits |= Q(**{f"{column}__icontains": word})
        devices = devices.filter(fits)
    return devices


def read(query: QueryDict, user: User) -> Register:
    """The register for an address (q=, hospital=, kind=, state=, after= or before=): four queries."""
    words, state = query.get("q", "").strip(), query.get("state", "")
    state = state if state in STATES else (ALL if words else State.IN_USE)
    filterset = RegisterFilter(query, find(Device.objects.for_user(user), words), user=user)
    found: DeviceQuerySet = filterset.qs
    counts = found.aggregate(**{name: Count("pk", filter=Q(state=name)) for name in State.values})
    counts[ALL] = sum(counts.values())
    rows = found.for_pages() if state == ALL else found.for_pages().filter(state=state)
    inside = page(rows, NEWEST, query, PAGE)
    return Register(
        rows=_rows(inside.rows, user),
        states=tuple(
            Filter(name, f"?{kept(query, state=code)}", counts[code], code == state) for code, name in STATES.items()
        ),
        filterset=filterset,
        words=words,
        state=state,
        narrowed=bool(words) or any(filterset.form.cleaned_data.values()),
        newer_url=_neighbour(query, "before", inside.before),
        older_url=_neighbour(query, "after", inside.after),
    )


def matching(query: QueryDict, user: User) -> DeviceQuerySet:
    """Every device that a register's address names, not page by page."""
    words, state = query.get("q", "").strip(), query.get("state", "")
    state = state if state in STATES else (ALL if words else State.IN_USE)
    found: DeviceQuerySet = RegisterFilter(query, find(Device.objects.for_user(user), words), user=user).qs
    return found if state == ALL else found.filter(state=state)


def _rows(devices: list[Device], user: User) -> tuple[Row, ...]:
    """With the faults that are not over, counted in one query."""
    about = Ticket.objects.for_user(user).filter(status__in=OPEN, device__in=[device.pk for device in devices])
    held = dict(about.order_by().values_list("device").annotate(count=Count("pk")))
    return tuple(Row(device, held.get(device.pk, 0)) for device in devices)


def kept(query: QueryDict, **changes: str) -> str:
    """The query string of a register: the known keys of `query`, with `changes`, back on the first page."""
    result = QueryDict(mutable=True)
    for key in KEYS:
        if value := changes.get(key, query.get(key, "")).strip():
            result[key] = value
    return result.urlencode()


def _neighbour(query: QueryDict, way: str, cursor: str) -> str:
    if not cursor:
        return ""
    place = QueryDict(mutable=True)
    place[way] = cursor
    return f"?{kept(query)}&{place.urlencode()}"

"""What a queue can be narrowed to, as far as the person may see it."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from people.models import Hospital, Region, User
from tickets.models import FaultClass, SavedFilter, Ticket
from tickets.queue import PRIORITIES

Choices = list[tuple[Any, Any]]
KEYS = ("q", "hospital", "hospital_name", "region", "fault_class", "priority", "tab", "sort")
"""What of an address makes a queue: these are kept in links and saved filters, anything else is not."""
MOST_NAMES = 12
"""How many hospitals are offered for what has been typed of a name."""


class QueueFilter(django_filters.FilterSet):
    """Hospital, region, fault class and priority; a value outside the choices filters nothing.

    A hospital is asked for by its key (`hospital`, in links) or by its name or a part of it (`hospital_name`, as
    typed: thousands of hospitals are no list to choose from). A name that no hospital bears finds nothing.
    """

    region = django_filters.ChoiceFilter(
        label=_("Region"), field_name="hospital__region_id", empty_label=_("All regions")
    )
    fault_class = django_filters.ChoiceFilter(
        label=_("Fault class"), field_name="fault_class_id", empty_label=_("All fault classes")
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=list(PRIORITIES.items()), empty_label=_("All priorities")
    )

    class Meta:
        model = Ticket
        fields = ("region", "fault_class", "priority")

    def __init__(self, data: QueryDict, queryset: QuerySet[Ticket], *, user: User) -> None:
        self.query, self.hospital_name, asked = _hospital(data, user)
        super().__init__(data, queryset if asked is None else queryset.filter(hospital__in=asked))
        regions = Region.objects.filter(pk__in=seen(user).values("region")).order_by("name")
        self.filters["region"].extra["choices"] = list(regions.values_list("pk", "name"))
        self.filters["fault_class"].extra["choices"] = list(
            FaultClass.objects.filter(is_active=True).values_list("pk", "name")
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.hospital_name) or any(self.form.cleaned_data.values())


def seen(user: User) -> QuerySet[Hospital]:
    """The hospitals that `user` may ask for."""
    return Hospital.objects.for_user(user).filter(is_active=True)


def called(user: User, text: str) -> QuerySet[Hospital]:
    """Those of them whose name or short name has `text` in it; without any text none."""
    text = text.strip()
    if not text:
        return Hospital.objects.none()
    return seen(user).filter(Q(name__icontains=text) | Q(short_name__icontains=text)).order_by("name")


def _hospital(data: QueryDict, user: User) -> tuple[QueryDict, str, list[int] | None]:
    """The query with the hospital as a key where it is only one, its name as typed, and keys (None: all)."""
    typed, key = data.get("hospital_name", "").strip(), data.get("hospital", "").strip()
    query = data.copy()
    query.pop("hospital", None)
    if typed:
        found = list(called(user, typed).values_list("pk", "name", "short_name"))
        found = [row for row in found if typed in row[1:]] or found
    elif key.isascii() and key.isdigit() and len(key) < 10:
        found = list(seen(user).filter(pk=key).values_list("pk", "name", "short_name"))
    else:
        found = []
    if len(found) == 1:
        query.pop("hospital_name", None)
        query["hospital"] = str(found[0][0])
        return query, found[0][1], [found[0][0]]
    return query, typed, [row[0] for row in found] if typed else None


def places(user: User) -> tuple[Choices, Choices]:
    """Hospitals under their regions, and the regions alone, from one query."""
    regions: dict[int, str] = {}
    grouped: dict[str, Choices] = {}
    for hospital in seen(user).select_related("region").order_by("region__name", "name"):
        regions[hospital.region_id] = hospital.region.name
        grouped.setdefault(hospital.region.name, []).append((hospital.pk, hospital.name))
    return list(grouped.items()), list(regions.items())


def kept(query: QueryDict, **changes: str) -> str:
    """The query string of a queue: the known keys of `query`, with `changes` (empty: without it)."""
    result = QueryDict(mutable=True)
    for key in KEYS:
        if value := changes.get(key, query.get(key, "")).strip():
            result[key] = value
    return result.urlencode()


class SaveFilterForm(forms.ModelForm):
    """A name for the queue on the screen."""

    class Meta:
        model = SavedFilter
        fields = ("name", "query", "is_shared")

    def clean_query(self) -> str:
        """What makes a queue, and nothing else of the address."""
        return kept(QueryDict(self.cleaned_data["query"]))

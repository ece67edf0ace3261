"""What a queue can be narrowed to. The choices are what the person may see, read in two queries."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from people.models import Hospital, Role, User
from tickets.models import FaultClass, SavedFilter, Ticket
from tickets.queue import PRIORITIES

Choices = list[tuple[Any, Any]]
KEYS = ("q", "hospital", "region", "fault_class", "priority", "tab", "sort")
"""What of an address makes a queue: these are kept in links and saved filters, anything else is not."""


class QueueFilter(django_filters.FilterSet):
    """Hospital, region, fault class and priority; a value outside the choices filters nothing and is told."""

    hospital = django_filters.ChoiceFilter(
        label=_("Hospital"), field_name="hospital_id", empty_label=_("All hospitals")
    )
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
        fields = ("hospital", "region", "fault_class", "priority")

    def __init__(self, data: QueryDict, queryset: QuerySet[Ticket], *, user: User) -> None:
        super().__init__(data, queryset)
        hospitals, regions = places(user)
        self.filters["hospital"].extra["choices"] = hospitals
        self.filters["region"].extra["choices"] = regions
        self.filters["fault_class"].extra["choices"] = list(
            FaultClass.objects.filter(is_active=True).values_list("pk", "name")
        )


def places(user: User) -> tuple[Choices, Choices]:
    """Hospitals under their regions, and the regions alone, from one query."""
    found = Hospital.objects.filter(is_active=True).select_related("region").order_by("region__name", "name")
    if user.role == Role.ENGINEER and user.team_id:
        found = found.filter(region__teams=user.team_id)
    regions: dict[int, str] = {}
    grouped: dict[str, Choices] = {}
    for hospital in found:
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
        fields = ("name", "is_shared")

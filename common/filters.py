"""Narrowing lists of the API: django-filter with whole numbers, plain words for yes and no, and named mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.problems import BadParameters

if TYPE_CHECKING:
    from rest_framework.views import APIView

BIGGEST_ID = 2**63 - 1


class StrictFilters(DjangoFilterBackend):
    """django-filter, whose mistakes are named as parameters; without a value only a parameter of free text is none."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filters = getattr(self.get_filterset_class(view, queryset), "base_filters", {})
        words = {name for name, filter_ in filters.items() if isinstance(filter_, django_filters.CharFilter)}
        if empty := [name for name in filters.keys() - words if "" in request.query_params.getlist(name)]:
            raise BadParameters({name: [_("Give a value, or leave the parameter out.")] for name in sorted(empty)})
        try:
            found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise BadParameters(error.detail) from error
        return found


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": BIGGEST_ID})
class IdFilter(django_filters.Filter):
    """Rows whose key or foreign key is this number; one that may not be seen finds nothing."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=BIGGEST_ID, **kwargs)


@extend_schema_field(OpenApiTypes.BOOL)
class FlagFilter(django_filters.Filter):
    """`true` or `false`."""

    field_class = forms.TypedChoiceField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = (("true", "true"), ("false", "false"))
        super().__init__(*args, choices=choices, coerce="true".__eq__, empty_value=None, **kwargs)

"""Who asks, and the sites that they may see."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import IdFilter
from common.rest import ListView, View
from common.strict import Moment
from people.access import ACTS, may, person
from people.models import ApiToken, Role, Site, User


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


@extend_schema_field(NamedSerializer)
class Named(serializers.Field[Any, Any, Any, Any]):
    """Key and name of a row. A field, because a serializer in it would be made anew for every request."""

    def to_representation(self, row: Any) -> dict[str, Any]:
        return {"id": row.pk, "name": row.name}


class TokenSerializer(serializers.Serializer[ApiToken]):
    name = serializers.CharField()
    scope = serializers.ChoiceField(ApiToken.Scope.choices)
    expires_at = Moment(source="expiry")


class MeSerializer(serializers.Serializer[User]):
    """The person whose token or session this is. `acts` are the rights of their role."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    title = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(Role.choices)
    language = serializers.CharField()
    hospital = Named(allow_null=True)
    team = Named(allow_null=True)
    acts = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()

    def get_acts(self, person: User) -> list[str]:
        return [act for act in ACTS if may(person, act)]

    @extend_schema_field(TokenSerializer(allow_null=True))
    def get_token(self, _person: User) -> Any:
        token = self.context["token"]
        return TokenSerializer(token).data if isinstance(token, ApiToken) else None


class SiteSerializer(serializers.Serializer[Site]):
    """An address of a hospital."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    hospital = Named()
    address = serializers.CharField()
    city = serializers.CharField()
    timezone = serializers.CharField()
    access_notes = serializers.CharField()


class SiteFilter(django_filters.FilterSet):
    """What a list of sites can be narrowed to."""

    hospital = IdFilter()


class Me(View):
    """The asker."""

    @extend_schema(operation_id="me_read", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who the token or session belongs to, and what they may do."""
        return Response(MeSerializer(person(request), context={"token": request.auth}).data)


class Sites(ListView):
    """Sites, newest first."""

    serializer_class = SiteSerializer
    filterset_class = SiteFilter
    queryset = Site.objects.none()

    def get_queryset(self) -> QuerySet[Site]:
        return Site.objects.for_user(self.request.user).select_related("hospital")

    @extend_schema(operation_id="sites_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The sites that one may see."""
        return self.list(request)


class OneSite(View):
    """One site."""

    @extend_schema(operation_id="sites_read", responses=SiteSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One site."""
        rows = Site.objects.for_user(request.user).select_related("hospital")
        return Response(SiteSerializer(get_object_or_404(rows, pk=pk)).data)

"""What every view of the API has in common: it refuses parameters that it does not know, and is never cached."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import generics, mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.keyset import Keyset
from common.paging import KeysetPagination
from common.problems import BadParameters

LOCATION = OpenApiParameter("Location", OpenApiTypes.URI_REF, OpenApiParameter.HEADER, response=[201])
"""How an operation that makes something describes where that is."""


class View(APIView):
    """One address. `parameters` are what its query string may hold."""

    parameters: ClassVar[tuple[str, ...]] = ()
    http_method_names = ["get", "head", "post", "patch"]

    def known_parameters(self) -> frozenset[str]:
        return frozenset(self.parameters)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if unknown := request.query_params.keys() - self.known_parameters():
            raise BadParameters({name: [_("There is no such parameter.")] for name in sorted(unknown)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


class ListView(View, mixins.ListModelMixin, generics.GenericAPIView[Any]):
    """Rows page by page. A subclass gives `get_queryset`, its `orders` and what they can be narrowed to."""

    orders: ClassVar[dict[str, Keyset]] = {"new": Keyset()}
    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None

    def known_parameters(self) -> frozenset[str]:
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        return frozenset({*KeysetPagination.parameters, *filters})

    def get_serializer_context(self) -> dict[str, Any]:
        """Who asks; nobody while the interface is being described, which is the same for all."""
        return {} if getattr(self, "swagger_fake_view", False) else {"user": self.request.user}

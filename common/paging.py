"""Lists of the API, page by page, by the last row seen (`common.keyset`): no COUNT, no OFFSET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common import keyset
from common.keyset import Keyset, Page
from common.problems import BadParameters

if TYPE_CHECKING:
    from rest_framework.views import APIView

MOST = 100
USUAL = 50


class KeysetPagination(BasePagination):
    """`after` and `before` are cursors that a page gave; `page_size` is 1 to 100.

    A view's `orders` name the orders that `ordering` may choose, the usual one first.
    """

    parameters: ClassVar = ("after", "before", "page_size", "ordering")
    page: Page[Any]

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        query, orders = request.query_params, orders_of(view)
        order = query.get("ordering", next(iter(orders)))
        if order not in orders:
            raise BadParameters({"ordering": [_("One of: %(names)s.") % {"names": ", ".join(orders)}]})
        for name in ("after", "before"):
            if name in query and orders[order].place(query[name]) is None:
                raise BadParameters({name: [_("This cursor was not given by a page.")]})
        self.url = request.build_absolute_uri()
        self.page = keyset.page(queryset, orders[order], query, _size(query), never_empty=False)
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link("after", "before", self.page.after),
                "previous": self._link("before", "after", self.page.before),
                "results": data,
            }
        )

    def _link(self, name: str, other: str, cursor: str) -> str | None:
        return replace_query_param(remove_query_param(self.url, other), name, cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        orders = list(orders_of(view))
        cursor = {"type": "string", "maxLength": 80, "pattern": keyset.CURSOR.pattern}
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        found = [
            _parameter("after", cursor, "Rows behind this cursor; take it from `next`."),
            _parameter("before", cursor, "Rows in front of this cursor; take it from `previous`."),
            _parameter("page_size", size, "Rows of a page."),
        ]
        if len(orders) > 1:
            found.append(_parameter("ordering", {"type": "string", "enum": orders, "default": orders[0]}, "Order."))
        return found


def orders_of(view: Any) -> dict[str, Keyset]:
    """The orders of a list view; without its own, newest first."""
    return getattr(view, "orders", None) or {"new": Keyset()}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _size(query: QueryDict) -> int:
    text = query.get("page_size", str(USUAL))
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= size <= MOST:
        raise BadParameters({"page_size": [_("From 1 to %(most)d.") % {"most": MOST}]})
    return size

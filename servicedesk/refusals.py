"""Errors outside any view: a page for people, a problem document under /api/."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults

from common import problems


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what no view could read."""
    if _is_api(request):
        return problems.page(HTTPStatus.BAD_REQUEST, _("This request cannot be read."))
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if _is_api(request):
        return problems.page(HTTPStatus.FORBIDDEN, problems.not_allowed())
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; the same words as for a thing that the asker may not see."""
    if _is_api(request):
        return problems.page(HTTPStatus.NOT_FOUND, problems.nothing_here())
    return defaults.page_not_found(request, exception)


def fault(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours; its story is in the log, not in the answer (T039)."""
    if _is_api(request):
        return problems.page(HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong on our side; it is on record."))
    return defaults.server_error(request)

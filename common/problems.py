"""Errors of the API: one shape everywhere, `application/problem+json` (RFC 9457).

`errors` names each mistake of a request: its `detail` and `code`, and where it is: a `pointer` into the
body, a query `parameter` or a `header`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

MEDIA_TYPE = "application/problem+json"


class Conflict(exceptions.APIException):
    """409: what is asked for does not fit the state of the thing."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


class PreconditionFailed(exceptions.APIException):
    """412: somebody else changed it since it was read."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = gettext_lazy("It has changed since you read it. Read it again, then decide.")
    default_code = "stale"


class PreconditionRequired(exceptions.APIException):
    """428: this change overwrites, so it has to say what it saw."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = gettext_lazy("Send If-Match with the ETag of what you read.")
    default_code = "if_match_missing"


class Unprocessable(exceptions.APIException):
    """422: well-formed, but it contradicts what was sent before."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "unprocessable"


class BodyTooLarge(exceptions.APIException):
    """413."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The request is too large.")
    default_code = "too_large"


class BadParameters(exceptions.ValidationError):
    """400: mistakes in the query string, by parameter."""

    place = "parameter"


class BadHeaders(exceptions.ValidationError):
    """400: mistakes in headers, by header."""

    place = "header"


def handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """The problem for an error that the API knows; None: a real fault, which `page` answers as 500."""
    # What Django says of its own two in English, or with the name of a right, is not for the asker.
    if isinstance(error, Http404):
        error = exceptions.NotFound(nothing_here())
    elif isinstance(error, DjangoPermissionDenied):
        error = exceptions.PermissionDenied(not_allowed())
    if not isinstance(error, exceptions.APIException):
        return None
    status = HTTPStatus(error.status_code)
    if isinstance(error, exceptions.ValidationError):
        errors = list(_mistakes(error.detail, "", getattr(error, "place", "pointer")))
        body = problem(status, _("The request has mistakes; “errors” names them."), errors)
    else:
        body = problem(status, str(error.detail))
    return Response(body, status=status, headers=_headers(error), content_type=MEDIA_TYPE)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    """What a 401 and a 429 have to say beside."""
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def nothing_here() -> str:
    """The sentence of a 404: the same for what is not there and for what is somebody else's."""
    return _("There is nothing here that you may see.")


def not_allowed() -> str:
    """The sentence of a 403."""
    return _("Your role may not do this.")


def problem(status: HTTPStatus, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The members of a problem document."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return body if errors is None else {**body, "errors": errors}


def _mistakes(detail: Any, path: str, place: str) -> Iterator[dict[str, str]]:
    """Every mistake of DRF's nested detail with the place where it is."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _mistakes(inner, path if name == "non_field_errors" else _under(path, name, place), place)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            nested = isinstance(inner, (dict, list))
            yield from _mistakes(inner, _under(path, str(number), place) if nested else path, place)
    else:
        where = f"#{path}" if place == "pointer" else path
        yield {place: where, "detail": str(detail), "code": str(getattr(detail, "code", "invalid"))}


def _under(path: str, name: object, place: str) -> str:
    """The place below `path`; a JSON pointer escapes its two signs."""
    text = str(name)
    return f"{path}/{text.replace('~', '~0').replace('/', '~1')}" if place == "pointer" else path or text


def page(status: HTTPStatus, detail: str) -> HttpResponse:
    """A problem from outside the API's views: an address that leads nowhere, a fault of ours."""
    body = json.dumps(problem(status, detail), ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body, content_type=MEDIA_TYPE, status=status)

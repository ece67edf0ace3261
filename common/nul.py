"""A NUL in an address or a cookie: PostgreSQL keeps none, so it names nothing that exists (T104)."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.utils.deprecation import MiddlewareMixin

NUL = "\0"


class NoNul(MiddlewareMixin):
    """Stands in front of whatever looks a part of the address or a cookie up. Forms and searches judge their own."""

    def process_request(self, request: HttpRequest) -> None:
        if NUL in request.path_info:
            raise Http404
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if NUL not in value}

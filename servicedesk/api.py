"""The description of the whole API, and the page to read and try it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularJSONAPIView

from people.access import signed_in
from people.token_auth import InScope


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3.1, for whoever is signed in or holds a token (T024)."""

    permission_classes = [InScope]


@require_safe
@signed_in
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own files; it works with the reader's session."""
    return render(request, "api/docs.html")

"""Routes that break, beside the real ones."""

from __future__ import annotations

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from servicedesk import urls as real


def break_down(request: HttpRequest, token: str = "") -> HttpResponse:
    password = "hunter2-in-a-variable"
    patient = "张三丰"
    # A trace shows the line that broke, which is ours; the words above are there to be missed in it.
    raise ValueError(f"{patient} at {request.POST.get('phone')} sent {password!r}")


def break_in_the_database(request: HttpRequest) -> HttpResponse:
    row = (1, "张三丰", "13812345678")
    raise DataError(f'invalid input for "title"\nDETAIL:  Failing row contains {row}.')


urlpatterns = [
    path("broken/", break_down, name="broken"),
    path("broken/database/", break_in_the_database, name="broken-database"),
    path("broken/<str:token>/", break_down, name="broken-with-token"),
    *real.urlpatterns,
]
handler500 = getattr(real, "handler500", "django.views.defaults.server_error")

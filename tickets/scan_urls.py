"""Where a label's code leads: `devices.labels.address` prints these addresses."""

from __future__ import annotations

from django.urls import path

from tickets.views import scanning

app_name = "scan"

urlpatterns = [
    path("<str:token>/", scanning.scan, name="label"),
    path("<str:token>/<uuid:key>/", scanning.receipt, name="receipt"),
]

"""Where a scanned code leads: `devices.labels.address` and `visits.codes.address_of` print these addresses."""

from __future__ import annotations

from django.urls import path

from tickets.views import scanning

app_name = "scan"

urlpatterns = [
    path("s/<str:token>/", scanning.site, name="site"),
    path("<str:token>/", scanning.scan, name="label"),
    path("<str:token>/<uuid:key>/", scanning.receipt, name="receipt"),
]

"""Lists of devices, under /desk/devices/. The register itself and a device's page know tickets and stand there."""

from __future__ import annotations

from django.urls import path

from devices.importing import batches
from devices.views import imports

app_name = "devices"

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.page, name="import"),
    path("imports/<int:pk>/progress/", imports.progress, name="import-progress"),
    path("imports/<int:pk>/apply/", imports.verb(batches.apply), name="import-apply"),
    path("imports/<int:pk>/undo/", imports.verb(batches.undo), name="import-undo"),
]

"""Lists of devices and labels, under /desk/devices/. Export and labels follow the register, which knows tickets."""

from __future__ import annotations

from django.urls import path

from devices.importing import batches
from devices.views import imports
from tickets.views import device_lists

app_name = "devices"

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/columns.xlsx", imports.blank, name="import-blank"),
    path("imports/<int:pk>/", imports.page, name="import"),
    path("imports/<int:pk>/progress/", imports.progress, name="import-progress"),
    path("imports/<int:pk>/apply/", imports.verb(batches.apply), name="import-apply"),
    path("imports/<int:pk>/undo/", imports.verb(batches.undo), name="import-undo"),
    path("export.xlsx", device_lists.export, {"form": "xlsx"}, name="export-xlsx"),
    path("export.csv", device_lists.export, {"form": "csv"}, name="export-csv"),
    path("labels/", device_lists.sheet, name="labels"),
    path("<int:pk>/label/", device_lists.label, name="label"),
    path("<int:pk>/label/revoke/", device_lists.revoke, name="label-revoke"),
]

"""Routes of the interface under /api/v1/ that lead to devices."""

from django.urls import path

from devices.api import imports, reading, verbs
from devices.importing import batches

urlpatterns = [
    path("devices/", verbs.Devices.as_view(), name="devices"),
    path("devices/<int:pk>/", reading.OneDevice.as_view(), name="device"),
    path("devices/<int:pk>/events/", reading.Events.as_view(), name="device-events"),
    path("devices/<int:pk>/radius/", reading.Radius.as_view(), name="device-radius"),
    *[
        path(f"devices/<int:pk>/{verb.name}/", verbs.door(verb).as_view(), name=f"device-{verb.name}")
        for verb in verbs.VERBS
    ],
    path("device-models/", reading.Models.as_view(), name="device-models"),
    path("device-models/<int:pk>/", reading.OneModel.as_view(), name="device-model"),
    path("device-imports/", imports.Imports.as_view(), name="imports"),
    path("device-imports/<int:pk>/", imports.OneImport.as_view(), name="import"),
    path("device-imports/<int:pk>/rows/", imports.ImportRows.as_view(), name="import-rows"),
    path("device-imports/<int:pk>/apply/", imports.door("apply", batches.apply).as_view(), name="import-apply"),
    path("device-imports/<int:pk>/undo/", imports.door("undo", batches.undo).as_view(), name="import-undo"),
]

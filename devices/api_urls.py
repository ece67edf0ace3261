"""Routes of the interface under /api/v1/ that lead to devices."""

from django.urls import path

from devices import api

urlpatterns = [
    path("devices/", api.Devices.as_view(), name="devices"),
    path("devices/<int:pk>/", api.OneDevice.as_view(), name="device"),
]

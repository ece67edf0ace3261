"""Routes of the interface under /api/v1/ that lead to clocks."""

from django.urls import path

from sla import api

urlpatterns = [path("deadlines/<int:pk>/acknowledge/", api.Acknowledge.as_view(), name="acknowledge")]

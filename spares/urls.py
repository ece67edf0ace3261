"""Routes of the depots' pages, under /desk/depot/."""

from django.urls import path

from spares.views import depot

app_name = "spares"

urlpatterns = [
    path("", depot.page, name="depot"),
]

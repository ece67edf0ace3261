"""The interface under /api/v1/. Each app brings its own part."""

from django.urls import include, path

from servicedesk import api

app_name = "api"
urlpatterns = [
    path("schema", api.Schema.as_view(), name="schema"),
    path("docs/", api.docs, name="docs"),
    path("", include("people.api_urls")),
    path("", include("devices.api_urls")),
    path("", include("sla.api_urls")),
    path("", include("spares.api_urls")),
    path("", include("warranty.api_urls")),
    path("", include("tickets.api_urls")),
    path("", include("reports.api_urls")),
]

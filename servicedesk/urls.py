"""All routes. Each app brings its own `urls.py`; this table only says where it hangs."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from servicedesk import health, views
from spares.views import hooks
from tickets import device_views, files
from tickets.views import reports
from warranty.views import duties as duty_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.web, name="health"),
    path("readyz", health.ready, name="ready"),
    path("desk/heartbeat/", views.heartbeat, name="heartbeat"),
    path("files/<uuid:key>/", files.file, name="ticket-file"),
    path("files/protocol/<int:pk>/", device_views.proof, name="project-protocol"),
    path("files/duty/<int:pk>/", duty_views.proof, name="duty-proof"),
    path("reports/<str:code>/", reports.check, name="service-report"),
    path("hooks/carriers/<slug:code>/", hooks.carrier, name="carrier-hook"),
    path("admin/", admin.site.urls),
    path("account/", include("people.urls")),
    path("demo/devices-300.xlsx", views.sample_list, name="sample-list"),
    path("demo/", include("people.demo_urls")),
    path("api/v1/", include("servicedesk.api_urls")),
    path("desk/roster/", include("people.roster_urls")),
    path("desk/depot/", include("spares.urls")),
    path("desk/depot/", include("spares.stock_urls")),
    path("desk/field/", include("field.desk_urls")),
    path("desk/devices/", include("tickets.list_urls")),
    path("desk/", include("warranty.urls")),
    path("desk/", include("tickets.console_urls")),
    path("m/", include("field.urls")),
    path("q/", include("tickets.scan_urls")),
    path("check-in/", include("visits.urls")),
    path("", include("notifications.urls")),
    path("", include("sla.urls")),
    path("", include("reports.urls")),
    path("", include("tickets.portal_urls")),
]

handler400 = "servicedesk.refusals.bad_request"
handler403 = "servicedesk.refusals.forbidden"
handler404 = "servicedesk.refusals.not_found"
handler500 = "servicedesk.refusals.fault"

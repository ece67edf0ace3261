from django.urls import path

from sla.views import calendars, critical, engine

app_name = "sla"
urlpatterns = [
    path("healthz/engine", engine.engine_health, name="health"),
    path("desk/deadlines/<int:pk>/acknowledge/", engine.acknowledge, name="acknowledge"),
    path("desk/calendars/", calendars.overview, name="calendars"),
    path("desk/calendars/<int:year>/", calendars.year, name="calendar-year"),
    path("desk/calendars/<int:year>/day/", calendars.set_day, name="calendar-day"),
    path("desk/calendars/<int:year>/activate/", calendars.activate, name="calendar-activate"),
    path("desk/calendars/<int:year>/discard/", calendars.discard, name="calendar-discard"),
    path("desk/critical/", critical.page, name="critical"),
    path("desk/critical/<int:pk>/decide/", critical.decide, name="critical-decide"),
]

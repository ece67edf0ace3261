"""The duty roster, under /desk/roster/."""

from django.urls import path

from people.views import roster

urlpatterns = [
    path("", roster.page, name="roster"),
    path("changes/<int:key>/end/", roster.end_change, name="roster-change-end"),
    path("gaps/", roster.warning, name="roster-gaps"),
]

"""Routes of the company's pages."""

from __future__ import annotations

from django.urls import path

from tickets import console, workspace
from tickets.console_forms import FORMS

app_name = "console"

TICKET = "tickets/<str:number>/"

urlpatterns = [
    path("", console.queue, name="queue"),
    path("hospitals/", console.hospitals, name="hospitals"),
    path("filters/", console.save_filter, name="save-filter"),
    path("filters/<int:pk>/remove/", console.drop_filter, name="drop-filter"),
    path("new/", console.new, name="new"),
    path(TICKET, workspace.ticket, name="ticket"),
    path(f"{TICKET}say/", workspace.say, name="say"),
    path(f"{TICKET}phone/", workspace.phone, name="phone"),
    *[path(f"{TICKET}{form.slug()}/", workspace.verb(form), name=form.slug()) for form in FORMS],
]

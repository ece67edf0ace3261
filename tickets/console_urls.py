"""Routes of the company's pages."""

from __future__ import annotations

from django.urls import path

from tickets import console, device_views, workspace
from tickets.console_forms import FORMS
from tickets.device_forms import FORMS as DEVICE_FORMS
from tickets.views import dispatch, trainings
from visits import views as travel_views

app_name = "console"

TICKET = "tickets/<str:number>/"
DEVICE = "devices/<int:pk>/"

urlpatterns = [
    path("", console.queue, name="queue"),
    path("hospitals/names/", console.hospitals, name="hospital-names"),
    path("filters/", console.save_filter, name="save-filter"),
    path("filters/<int:pk>/remove/", console.drop_filter, name="drop-filter"),
    path("new/", console.new, name="new"),
    path("trainings/", trainings.page, name="trainings"),
    path("dispatch/", dispatch.board, name="dispatch"),
    path("dispatch/list/", dispatch.listed, name="dispatch-list"),
    path("dispatch/travel/", travel_views.page, name="travel"),
    path("dispatch/travel/take-over/", travel_views.take_over, name="travel-take"),
    path("dispatch/visits/<int:pk>/", dispatch.visit, name="dispatch-visit"),
    path(TICKET, workspace.ticket, name="ticket"),
    path(f"{TICKET}say/", workspace.say, name="say"),
    path(f"{TICKET}phone/", workspace.phone, name="phone"),
    *[path(f"{TICKET}{form.slug()}/", workspace.verb(form), name=form.slug()) for form in FORMS],
    path("devices/", device_views.register("console"), name="devices"),
    path("devices/install/", device_views.install, name="device-install"),
    path(DEVICE, device_views.page("console"), name="device"),
    *[path(f"{DEVICE}{form.verb}/", device_views.verb(form), name=f"device-{form.verb}") for form in DEVICE_FORMS],
    path("contacts/<int:pk>/phone/", device_views.phone, name="contact-phone"),
]

"""Routes of the hospital's pages."""

from __future__ import annotations

from django.urls import path

from tickets import device_views, portal, portal_triage
from tickets.views import quotes, urgent

app_name = "portal"

urlpatterns = [
    path("", portal.home, name="home"),
    path("cards/", portal.cards, name="cards"),
    path("report/", portal.file, name="file"),
    path("report/hints/", portal.hints, name="hints"),
    path("requests/", portal.requests, name="requests"),
    path("requests/<str:number>/", portal.ticket, name="ticket"),
    path("requests/<str:number>/progress/", portal.progress, name="progress"),
    path("requests/<str:number>/words/", portal.words, name="words"),
    path("requests/<str:number>/confirm/", portal.confirm, name="confirm"),
    path("requests/<str:number>/reopen/", portal.reopen, name="reopen"),
    path("requests/<str:number>/engineer-here/", portal.engineer_here, name="engineer-here"),
    path("requests/<str:number>/pass-on/", portal_triage.pass_on, name="pass-on"),
    path("requests/<str:number>/urgent/", urgent.ask, name="urgent"),
    path("requests/<str:number>/solve-here/", portal_triage.solve_here, name="solve-here"),
    path("requests/<str:number>/quotes/<int:pk>/accept/", quotes.accept, name="accept-quote"),
    path("requests/<str:number>/quotes/<int:pk>/decline/", quotes.decline, name="decline-quote"),
    path("technician/", portal_triage.page, name="technician"),
    path("technician/critical/", portal_triage.propose, name="critical"),
    path("devices/", device_views.register("portal"), name="devices"),
    path("devices/<int:pk>/", device_views.page("portal"), name="device"),
]

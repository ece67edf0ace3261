"""Routes of the hospital's pages."""

from __future__ import annotations

from django.urls import path

from tickets import device_views, portal

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
    path("devices/", device_views.register("portal"), name="devices"),
    path("devices/<int:pk>/", device_views.page("portal"), name="device"),
]

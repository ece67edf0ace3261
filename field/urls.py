"""Addresses of the field app, under /m/ (docs/field.md)."""

from django.urls import path

from field.views import app, contact, pack, push

app_name = "field"
urlpatterns = [
    path("", app.app, name="app"),
    path("sw.js", app.worker, name="worker"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("clock", contact.Clock.as_view(), name="clock"),
    path("phone", contact.Announce.as_view(), name="phone"),
    path("pack", pack.Pack.as_view(), name="pack"),
    path("push", push.Push.as_view(), name="push"),
]

"""Addresses of the field app, under /m/ (docs/field.md)."""

from django.urls import path

from field.views import contact

app_name = "field"
urlpatterns = [
    path("clock", contact.Clock.as_view(), name="clock"),
    path("phone", contact.Announce.as_view(), name="phone"),
]

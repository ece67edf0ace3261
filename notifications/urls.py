"""Routes of the inbox, of the wishes how to be told, of live updates and of the demo's mails."""

from __future__ import annotations

from django.urls import path

from notifications import live, views

urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/bell/", views.bell, name="inbox-bell"),
    path("inbox/read/", views.read, name="inbox-read"),
    path("account/notifications/", views.preferences, name="account-notifications"),
    path("live/", live.live, name="live"),
    path("demo/mail/", views.mails, name="demo-mail"),
    path("demo/mail/<str:key>/", views.mail, name="demo-mail-message"),
]

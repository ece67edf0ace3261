"""Routes of the interface under /api/v1/: who asks, and sites."""

from django.urls import path

from people import api

urlpatterns = [
    path("me/", api.Me.as_view(), name="me"),
    path("sites/", api.Sites.as_view(), name="sites"),
    path("sites/<int:pk>/", api.OneSite.as_view(), name="site"),
]

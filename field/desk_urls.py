"""The desk's side of the field app, under /desk/field/."""

from django.urls import path

from field.views import desk

app_name = "field-desk"
urlpatterns = [
    path("", desk.page, name="page"),
    path("held/<int:pk>/", desk.decide, name="decide"),
    path("phones/<int:pk>/revoke/", desk.revoke, name="revoke"),
]

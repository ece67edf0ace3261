"""The demo's front door, under /demo/."""

from django.urls import path

from people.views import demo

app_name = "demo"
urlpatterns = [
    path("", demo.start, name="start"),
    path("sign-in/", demo.sign_in, name="sign-in"),
]

"""Pages that show one behaviour each, in the real frame; routes of `test_behaviours.py` only."""

from datetime import timedelta
from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
from django.utils import timezone

import servicedesk.urls
from common.present import open_chip

PERSON = SimpleNamespace(is_authenticated=True, pk=7, name="周敏", title="", is_hospital=True)
FRAME = """{% extends "base_plain.html" %}{% load desk i18n %}
{% block body_data %}{{ data }}{% endblock %}
{% block page_title %}Behaviour{% endblock %}
{% block content %}BODY{% endblock %}"""
WORDS = """<form method="post" action="{{ action }}" data-draft="words">{% csrf_token %}
<textarea name="text" aria-label="Words"></textarea><button class="btn" type="submit">Send</button></form>"""


def page(body, **context):
    """A view that draws `body` inside the frame."""

    def view(request):
        now = timezone.now()
        values = {"user": PERSON, "action": request.GET.get("to", "/arrived/"), "now": now}
        values |= {key: value(now) if callable(value) else value for key, value in context.items()}
        source = FRAME.replace("BODY", body)
        return HttpResponse(engines["django"].from_string(source).render(values, request))

    return view


def arrived(request):
    """Takes a form and says so on the next page."""
    messages.success(request, "Taken")
    return HttpResponseRedirect("/words/")


def broken(_request):
    """A server error in the middle of a submit."""
    return HttpResponse("<h1>500</h1>", status=500)


def count(request):
    """Counts how often its page asked for it."""
    request.session["asked"] = request.session.get("asked", 0) + 1
    return HttpResponse(str(request.session["asked"]))


LIVING_WORDS = (
    """<div id="living" hx-get="/living-words/" hx-select="#living" hx-swap="outerHTML"
  hx-trigger="live:refresh from:body"><p id="round">{{ round }}</p>"""
    + WORDS.replace("name=", 'id="words" name=')
    + "</div>"
)


def living_words(request):
    """A form in a part of the page that a live update draws anew."""
    request.session["round"] = request.session.get("round", 0) + 1
    return page(LIVING_WORDS, round=lambda _now: request.session["round"])(request)


LIVE = """<p id="count" hx-get="/count/" hx-trigger="live:ticket from:body, live:refresh from:body">0</p>"""
QUESTION = """<form method="post" action="/arrived/" data-confirm="Close it?" data-confirm-yes="Close">{% csrf_token %}
<button class="btn" type="submit">Close the ticket</button></form>"""
PHOTOS = """<form><div class="sd-photos"><label class="sd-photo-add">Photo
<input type="file" name="photos" multiple data-photos data-max-bytes="2000" data-max-files="2"></label></div></form>"""
KEYS = """<a href="/words/" data-shortcut="g w">Words</a>
<input type="search" aria-label="Search" data-shortcut="/">"""

urlpatterns = [
    path("chip/", page("{% chip chip %}", chip=lambda now: open_chip(now + timedelta(seconds=63), now))),
    path("soon/", page("{% chip chip %}", chip=lambda now: open_chip(
        now + timedelta(seconds=120), now, now + timedelta(seconds=60)))),
    path("words/", page(WORDS)),
    path("living-words/", living_words),
    path("elsewhere/", page("<p>Another page</p>")),
    path("signed-out/", page(WORDS, user=SimpleNamespace(is_authenticated=False))),
    path("arrived/", arrived),
    path("broken/", broken),
    path("figures/", page(LIVE)),
    path("count/", count),
    path("question/", page(QUESTION)),
    path("photos/", page(PHOTOS)),
    path("keys/", page(KEYS)),
    *servicedesk.urls.urlpatterns,
]  # fmt: skip

"""One-click sign-in of the demo; outside the demo these pages do not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from people import sessions
from people.models import Role, User
from people.views.sign_in import home_of

View = Callable[[HttpRequest], HttpResponse]
ORDER = {role: place for place, role in enumerate(Role.values)}
BACKEND = "people.backends.PersonBackend"


def only_in_demo(view: View) -> View:
    """404 unless `settings.DEMO`."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request)

    return guarded


@only_in_demo
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """The demo's people by role."""
    people = User.objects.filter(is_demo=True, is_active=True).select_related("hospital", "team")
    ordered = sorted(people, key=lambda person: (ORDER[person.role], person.pk))
    groups = [(Role(role).label, list(rows)) for role, rows in groupby(ordered, key=lambda person: person.role)]
    return render(request, "account/demo.html", {"groups": groups})


@only_in_demo
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's people."""
    rows = User.objects.filter(is_demo=True, is_active=True)
    key = request.POST.get("person", "")
    person = get_object_or_404(rows, pk=key if key.isdecimal() else 0)
    sessions.begin(request, person, now=timezone.now(), backend=BACKEND)
    return redirect(home_of(person))

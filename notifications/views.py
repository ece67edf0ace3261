"""The inbox, the wishes how to be told, and the demo's caught mails."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import keyset
from common.present import Filter
from notifications import caught, inbox, wording
from notifications.forms import WishForm
from notifications.models import Channel, Preference
from people.access import signed_in
from people.models import User

PAGE_SIZE = 30


@signed_in
@require_safe
def inbox_page(request: HttpRequest) -> HttpResponse:
    """GET /inbox/: all that one was told, newest first; `?show=unread` for what is new."""
    user, now = cast(User, request.user), timezone.now()
    unread = inbox.unread(user)
    only_unread = request.GET.get("show") == "unread"
    rows = inbox.of(user).filter(read_at__isnull=True) if only_unread else inbox.of(user)
    page = keyset.page(rows, keyset.Keyset(), request.GET, PAGE_SIZE)
    show = "&show=unread" if only_unread else ""
    context = {
        "items": [(row, wording.words(row, user, now)) for row in page.rows],
        "unread": unread,
        "only_unread": only_unread,
        "filters": (
            Filter(_("All"), request.path, None, not only_unread),
            Filter(_("Unread"), f"{request.path}?show=unread", unread, only_unread),
        ),
        "newer_url": f"?before={page.before}{show}" if page.before else "",
        "older_url": f"?after={page.after}{show}" if page.after else "",
    }
    return render(request, "notifications/inbox.html", context)


@signed_in
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """GET /inbox/bell/: the bell alone, for a page that heard of news."""
    return render(request, "components/bell.html")


@signed_in
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """POST /inbox/read/: mark one (`pk`) and go where it leads, or all up to the newest seen (`up_to`)."""
    user, now = cast(User, request.user), timezone.now()
    pk, up_to = _number(request, "pk"), _number(request, "up_to")
    if pk is None:
        inbox.mark_read(user, up_to=up_to, now=now)
        return redirect("inbox")
    row = inbox.of(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    inbox.mark_read(user, pk=pk, now=now)
    target = row.link or request.path
    return HttpResponse(headers={"HX-Redirect": target}) if request.headers.get("HX-Request") else redirect(target)


@signed_in
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """How the person wants to be told; urgent matters ignore it."""
    user = cast(User, request.user)
    wish = Preference.objects.filter(person=user, channel=Channel.MAIL).first()
    wish = wish or Preference(person=user, channel=Channel.MAIL)
    # Both boxes empty is an answer too, so not `request.POST or None`.
    form = WishForm(request.POST if request.method == "POST" else None, instance=wish)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("account-notifications")
    return render(request, "notifications/preferences.html", {"form": form})


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """GET /demo/mail/: every mail the desk sent, as the catcher got it. Only in the demo."""
    if not settings.DEMO:
        raise Http404
    return render(request, "notifications/mails.html", {"mails": caught.newest(100)})


@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """GET /demo/mail/<key>/: one caught mail, its text part as plain text."""
    found = caught.read(key) if settings.DEMO else None
    if found is None:
        raise Http404
    return render(request, "notifications/mail.html", {"mail": found})


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

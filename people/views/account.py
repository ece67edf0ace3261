"""My account: name, language, what I sign in with, my password, my devices."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit import trail
from common.network import client_address
from people import sessions
from people.access import signed_in
from people.forms import ContactForm, PasswordForm, ProfileForm
from people.models import User
from people.views.sign_in import speak


def note(request: HttpRequest, act: str, person: User, **detail: object) -> None:
    """One line in the audit trail about the own account."""
    now, address = timezone.now(), client_address(request) or None
    trail.note(act, person, by=person, now=now, address=address, **detail)


@signed_in
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Name and language."""
    person = User.objects.get(pk=cast(User, request.user).pk)
    form = ProfileForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        note(request, "account.profile_changed", person, fields=form.changed_data)
        messages.success(request, _("Saved."))
        response = redirect("account:me")
        speak(response, person.language)
        return response
    return render(request, "account/me.html", {"form": form})


@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """E-mail and phone, against the current password (safety T072)."""
    person = cast(User, request.user)
    form = ContactForm(person, request, None if person.is_demo else request.POST or None)
    if form.is_valid():
        changed = form.save()
        note(request, "account.contact_changed", changed, fields=sorted({"email", "phone"} & set(form.changed_data)))
        messages.success(request, _("Saved. From now on you sign in with these."))
        return redirect("account:me")
    return render(request, "account/contact.html", {"form": form})


@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """A new password; this browser gets a new session id, all the others are signed out."""
    person = cast(User, request.user)
    form = PasswordForm(person, request, None if person.is_demo else request.POST or None)
    if form.is_valid():
        update_session_auth_hash(request, form.save())
        note(request, "account.password_changed", person)
        messages.success(request, _("Your password is changed. Other devices were signed out."))
        return redirect("account:me")
    return render(request, "account/password.html", {"form": form})


@signed_in
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere, for a lost phone or a shared computer."""
    person = User.objects.get(pk=cast(User, request.user).pk)
    sessions.end_all(person)
    note(request, "account.sessions_ended", person)
    return redirect("account:signed-out")

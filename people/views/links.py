"""Forgotten passwords and invitations: ask for a link, use it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit import trail
from common.network import client_address
from people import links, lockout
from people.forms import ForgotForm
from people.models import LinkRequest, User


@require_http_methods(["GET", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same for every name."""
    form = ForgotForm(request.POST or None)
    if form.is_valid():
        links.ask(
            form.cleaned_data["login"],
            LinkRequest.Purpose.RESET,
            address=client_address(request),
            now=timezone.now(),
        )
        return redirect("account:forgot-sent")
    return render(request, "account/forgot.html", {"form": form})


@require_GET
def forgot_sent(request: HttpRequest) -> HttpResponse:
    """What happens next, whoever was named."""
    return render(request, "account/forgot_sent.html")


class Reset(PasswordResetConfirmView):
    """Set a password by a mailed link. The token moves into the session, so no other site sees it."""

    template_name = "account/reset.html"
    token_generator = links.tokens
    success_url = reverse_lazy("account:login")

    def form_valid(self, form) -> HttpResponse:  # type: ignore[no-untyped-def]
        response = super().form_valid(form)
        person = form.user
        assert isinstance(person, User)
        lockout.unlock(person)
        lockout.know_device(response, person)
        address = client_address(self.request) or None
        trail.note("account.password_reset", person, by=person, now=timezone.now(), address=address)
        messages.success(self.request, _("Your new password is set. Sign in with it."))
        return response

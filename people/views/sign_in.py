"""In and out, and the language of the pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from people import lockout, sessions
from people.access import may
from people.forms import SignInForm
from people.models import User


def home_of(user: User) -> str:
    """Where a person starts: the hospital's portal, the company's console, or the depot, which reads no ticket."""
    if not may(user, "console"):
        return settings.LOGIN_REDIRECT_URL
    return settings.CONSOLE_URL if may(user, "tickets.see") else settings.DEPOT_URL


def speak(response: HttpResponseBase, language: str) -> None:
    """Show the next pages in `language`."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


class SignIn(LoginView):
    """`next` leads back to the page that asked; only paths of ours are followed (safety T059)."""

    template_name = "account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo=settings.DEMO, **kwargs)

    def get_default_redirect_url(self) -> str:
        return home_of(self.request.user)  # type: ignore[arg-type]

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        person = form.get_user()
        assert isinstance(person, User)
        sessions.begin(self.request, person, now=timezone.now())
        response = HttpResponseRedirect(self.get_success_url())
        lockout.know_device(response, person)
        speak(response, person.language)
        return response


class SignOut(LogoutView):
    next_page = "account:signed-out"


@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """Says that it worked."""
    return render(request, "account/signed_out.html")


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language: a cookie for the browser and, signed in, a note on the person."""
    chosen = request.POST.get("language")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language(request)

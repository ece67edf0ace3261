"""Django admin as the set-up area: the administrator's role opens it, our own pages do the log-in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from people.access import require
from people.views.sign_in import SignOut


class SetupSite(admin.AdminSite):
    site_header = _("Service Desk set-up")
    site_title = _("Service Desk set-up")
    index_title = _("What can be set up")
    site_url = settings.CONSOLE_URL
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """False for visitors, who log in first; 403 at once for people without the right."""
        if request.user.is_authenticated:
            require(request.user, "setup")
        return request.user.is_authenticated

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Our own log-in, with its lock-out; 403 for who is signed in without the right."""
        self.has_permission(request)
        return redirect_to_login(request.GET.get("next") or request.path.replace("login/", ""))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return SignOut.as_view()(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account:password")

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account:me")

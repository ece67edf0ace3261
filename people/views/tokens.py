"""My API tokens: made against the password, shown once, revoked at once (safety T072, T077)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from common.network import client_address
from people import tokens
from people.access import person, signed_in
from people.forms import TokenForm
from people.models import ApiToken


@sensitive_post_parameters()
@sensitive_variables("text")
@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """The tokens in one's name, and a new one, whose text stands in this one answer only."""
    asker, now, text = person(request), timezone.now(), ""
    form = TokenForm(asker, request, request.POST or None)
    if form.is_valid():
        text = tokens.make(asker, by=asker, now=now, address=client_address(request) or None, **form.wanted())[1]
        form = TokenForm(asker, request)
    rows = [
        (token, tokens.is_valid(token, now)) for token in ApiToken.objects.filter(user=asker).select_related("user")
    ]
    return render(request, "account/tokens.html", {"form": form, "tokens": rows, "made": text, "now": now})


@signed_in
@require_POST
def revoke(request: HttpRequest, key: str) -> HttpResponse:
    """End one of one's own tokens."""
    asker = person(request)
    token = get_object_or_404(ApiToken.objects.select_related("user"), token_key=key, user=asker)
    tokens.revoke(token, by=asker, now=timezone.now(), address=client_address(request) or None)
    messages.success(request, _("“%(name)s” no longer opens anything.") % {"name": token.name})
    return redirect("account:tokens")

"""How a program says who it is (`Authorization: Bearer …`), and what its token's scope lets it do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from people import tokens
from people.models import ApiToken, User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """RFC 6750. The answer is in the language that is asked for, else in the person's own."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _blank, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        token = tokens.find(text.strip(), now)
        if token is None:
            raise AuthenticationFailed(_("This token is not valid, or not any more."))
        tokens.note_use(token, now)
        if "Accept-Language" not in request.headers:
            translation.activate(token.user.language)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The token in the description of the interface."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class InScope(BasePermission):
    """Somebody is signed in; a read-only token changes nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = request.auth
        if isinstance(token, ApiToken) and token.scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
            raise PermissionDenied(_("This token may only read."))
        return bool(request.user and request.user.is_authenticated)

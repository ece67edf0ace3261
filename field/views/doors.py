"""What the phone's addresses share: who asks, from which phone, and how they are refused (docs/field.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import BadHeaders
from common.rest import View
from field import phones
from people.access import require

PHONE = "X-Phone"


class Gone(exceptions.APIException):
    """410: the phone was reported as lost."""

    status_code = 410
    default_detail = gettext_lazy("This phone was reported as lost. What was stored in it is deleted.")
    default_code = "wipe"


class Session(SessionAuthentication):
    """The session of the field app's page; without one the answer is 401."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class Door(View):
    """An address of the field app. `phone` is what the phone calls itself."""

    authentication_classes = (Session,)
    schema: Any = None
    phone: UUID

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A lost phone hears first that it is lost, signed in or not."""
        phone = _key(request.headers.get(PHONE, ""))
        if phone is not None and phones.is_revoked(phone):
            raise Gone
        super().initial(request, *args, **kwargs)
        require(request.user, "field")
        if phone is None:
            raise BadHeaders({PHONE: [_("The UUID of the phone is needed.")]})
        self.phone = phone

    def handle_exception(self, exc: Exception) -> Response:
        response: Response = super().handle_exception(exc)
        if isinstance(exc, Gone):
            response.data["wipe"] = True
        return response


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

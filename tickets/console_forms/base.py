"""What every form of a verb has: the ticket, the person, the moment, and the deed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from people.models import User
from tickets import quote_card, workflow
from tickets.actions import ACTS
from tickets.models import Ticket

Files = MultiValueDict[str, Any]


class VerbForm(forms.Form):
    """What a person fills in before a verb. `heading` is the dialog's, `submit` its button, `done` the answer."""

    verb: ClassVar[str]
    heading: ClassVar[Any]
    submit: Any
    done: Any
    hint: Any = ""
    may_warn: ClassVar[bool] = False
    """Whether somebody sets out or ends the work with it, and should know that nobody has agreed to pay."""

    @classmethod
    def slug(cls) -> str:
        """The last part of the verb's address."""
        return cls.verb.replace("_", "-")

    @classmethod
    def act(cls) -> str:
        """The right that the verb needs (`people.access`)."""
        return ACTS[cls.verb]

    def __init__(
        self,
        data: QueryDict | Mapping[str, Any] | None = None,
        files: Files | None = None,
        *,
        ticket: Ticket,
        user: User,
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, files, **kwargs)
        self.ticket, self.user, self.now = ticket, user, now
        self.conflict: workflow.Conflict | None = None
        self.warning = quote_card.warning(ticket) if self.may_warn else ""
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values from the ticket."""

    def perform(self) -> None:
        """Call the verb; what it refuses it raises."""
        raise NotImplementedError

"""A step of the depot as a form: what it asks for, when it is offered, and the verb that it calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from people.models import User
from spares.models import PartRequest, Return

Data = QueryDict | Mapping[str, Any] | None
Files = MultiValueDict[str, UploadedFile] | None
Row = TypeVar("Row", PartRequest, Return)


class StepForm(forms.Form, Generic[Row]):
    """`heading` is the dialog's, `submit` its button, `said` the answer, `slug` the last part of its address.

    `is_plain`: there is nothing to fill in, the button does it. `leads`: of all that is offered its button is filled.
    """

    # Templates show the class itself; they would call it.
    do_not_call_in_templates = True

    slug: ClassVar[str]
    verb: ClassVar[str]
    icon: ClassVar[str]
    heading: ClassVar[Any]
    submit: ClassVar[Any]
    said: ClassVar[Any]
    is_plain: ClassVar[bool] = False
    leads: ClassVar[bool] = False
    hint: Any = ""

    def __init__(
        self, data: Data = None, files: Files = None, *, row: Row, user: User, now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(data, files, **kwargs)
        self.row: Row = row
        self.user, self.now = user, now

    @classmethod
    def is_offered(cls, row: Row) -> bool:
        """Whether the state of the row allows it."""
        raise NotImplementedError

    @classmethod
    def leads_on(cls, row: Row) -> bool:
        """Whether the promise waits for this step now."""
        return cls.leads

    def perform(self) -> Row:
        """Call the verb; what it refuses it raises."""
        raise NotImplementedError

"""Asking for the portal's pages, and reading them."""

from __future__ import annotations

import re
import uuid
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from people.models import User
from tests.tickets.hospital_case import Case
from tickets.models import Ticket


def signed_in(person: User) -> Client:
    User.objects.filter(pk=person.pk).update(language="en")
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def photo(name: str = "screen.jpg") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (32, 32), "navy").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def report(case: Case, **changes: Any) -> dict[str, Any]:
    """A report with the three choices made; a `None` takes a field out."""
    fields = {
        "device": case.terminal.pk,
        "tile": case.tile("no_picture").pk,
        "severity": "today",
        "contact_name": case.nurse.name,
        "contact_phone": "13800002217",
        "client_key": uuid.uuid4(),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def file_url(**query: Any) -> str:
    return reverse("portal:file", query=query)


def page_of(ticket: Ticket) -> str:
    return reverse("portal:ticket", args=[ticket.number])


def text_of(html: bytes) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.decode()).split())

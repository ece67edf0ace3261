"""Files that people hand in. Who may see one is decided by whoever holds the link to it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.access import ScopedQuerySet
from people.models import Hospital, User


class AttachmentQuerySet(ScopedQuerySet["Attachment"]):
    """The hospital's boundary only; whether the ticket it hangs on may be seen, its owner says."""

    sight = "tickets.see"
    own_paths = ("uploaded_by",)


class Attachment(models.Model):
    """A stored file under a generated name; `name` is what the sender called it, for show only."""

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="attachments", verbose_name=_("hospital"))
    name = models.CharField(_("name"), max_length=120)
    path = models.CharField(_("stored as"), max_length=120, unique=True, editable=False)
    content_type = models.CharField(_("type"), max_length=80)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("from"))
    uploaded_at = models.DateTimeField(_("received"))

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=("hospital", "-id"), name="attachments_by_hospital")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")

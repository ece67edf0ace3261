"""Keys of programs, and the replies that they were given."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from people.models.persons import User


class ApiToken(AbstractAuthToken):
    """A program's key to act as a person; only its hash is stored (safety T077).

    It opens what the person may see and do at that moment, and dies with a change of their role or hospital,
    with "log out everywhere" and while they are switched off: `mark` is `people.tokens.mark` of its making.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read only")
        WRITE = "write", _("Read and write")

    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("person"))
    name = models.CharField(
        _("name"), max_length=60, help_text=_("What uses it, for example: hospital's own fault system.")
    )
    scope = models.CharField(_("may"), max_length=8, choices=Scope.choices, default=Scope.READ)
    mark = models.CharField(max_length=64, editable=False)
    created = models.DateTimeField(_("made"), editable=False)
    expiry = models.DateTimeField(_("valid until"))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    objects: ClassVar = models.Manager["ApiToken"]()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"


class StoredReply(models.Model):
    """What a person's request with an `Idempotency-Key` was answered; sent again, it gets the same (T100)."""

    person = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("person"))
    key = models.CharField(_("key"), max_length=200)
    fingerprint = models.CharField(_("fingerprint of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("reply"))
    created_at = models.DateTimeField(_("stored"))

    class Meta:
        verbose_name = _("stored reply")
        verbose_name_plural = _("stored replies")
        ordering = ("-id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("person", "key"), name="people_reply_once")]
        indexes: ClassVar = [models.Index(fields=("created_at",), name="people_reply_age")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.key}"

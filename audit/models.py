"""Append-only rows: who did or read what. The database refuses to change or delete one."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One act on a set-up row, an account or a file; business acts on a ticket are its `TicketEvent`s."""

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    act = models.CharField(_("act"), max_length=60)
    subject = models.CharField(_("what"), max_length=200)
    detail = models.JSONField(_("detail"), default=dict)
    address = models.GenericIPAddressField(_("from address"), null=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=("act", "-id"), name="audit_by_act")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.act} {self.subject}"


class Link(models.Model):
    """One entry's place in the chain: `hash` is SHA-256 over the hash before it and the entry's canonical text.

    The database writes it when the entry's transaction commits (`audit_chain` in the migration), so numbers
    have no gap and follow the order of commits.
    """

    seq = models.BigIntegerField(_("number"), primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="link", verbose_name=_("audit entry"))
    hash = models.BinaryField(_("hash"), max_length=32)

    class Meta:
        verbose_name = _("link of the audit chain")
        verbose_name_plural = _("links of the audit chain")
        ordering = ("-seq",)

    def __str__(self) -> str:
        return f"{self.seq}:{bytes(self.hash).hex()}"

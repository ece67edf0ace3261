"""What people are told: one row per person and matter, one per way of delivery, one per attempt."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User


class Channel(models.TextChoices):
    """Ways out of the desk; the inbox in the desk is the `Notification` row itself."""

    MAIL = "mail", _("Mail")


class Notification(models.Model):
    """A matter that one person is told (the outbox row); written in the transaction that caused it.

    `kind` names the template (`sla.page`, `ticket.answered` …) and `context` holds what it needs,
    already resolved: the sender reads no business table.
    """

    person = models.ForeignKey(User, models.CASCADE, related_name="notifications", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=40)
    context = models.JSONField(_("context"), default=dict)
    link = models.CharField(_("link"), max_length=200, blank=True)
    dedupe_key = models.CharField(_("say-once key"), max_length=160)
    is_urgent = models.BooleanField(_("urgent"), default=False, help_text=_("Urgent ones are never bundled."))
    created_at = models.DateTimeField(_("created"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("person", "dedupe_key"), name="notifications_said_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=("person", "-id"), name="notifications_by_person"),
            models.Index(fields=("person",), name="notifications_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.person}"


class Delivery(models.Model):
    """One way in which a notification leaves the desk; claimed by lease, tried again after a failure."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="deliveries", verbose_name=_("notification")
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    next_try_at = models.DateTimeField(_("next try"), null=True)
    leased_until = models.DateTimeField(_("claimed until"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    is_bundled = models.BooleanField(_("bundled"), default=False)
    parcel = models.BigIntegerField(
        _("goes out as"),
        null=True,
        editable=False,
        help_text=_("The first delivery of the message that carries this one; a repeat keeps it."),
    )
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("notification", "channel"), name="notifications_one_per_channel")
        ]
        indexes: ClassVar = [
            models.Index(fields=("channel", "next_try_at"), name="notifications_due", condition=Q(state="waiting")),
            models.Index(fields=("parcel",), name="notifications_parcel", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class Attempt(models.Model):
    """One try at a delivery, with what came back."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts", verbose_name=_("delivery"))
    at = models.DateTimeField(_("when"))
    ok = models.BooleanField(_("accepted"))
    answer = models.CharField(_("answer"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {'ok' if self.ok else self.answer}"


class Preference(models.Model):
    """A person's wish for one channel: off, or bundled; urgent matters are always sent at once."""

    person = models.ForeignKey(User, models.CASCADE, related_name="preferences", verbose_name=_("person"))
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices)
    is_on = models.BooleanField(_("on"), default=True)
    bundle = models.BooleanField(_("bundle what is not urgent"), default=True)

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("person", "channel"), name="notifications_one_wish_per_channel")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.channel}"

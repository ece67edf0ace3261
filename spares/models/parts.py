"""Parts, depots and the ledger of their stock (A11). `spares.stock` is the only writer of quantities."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from devices.models import DeviceModel
from people.models import User
from people.validators import known_zone


class Part(models.Model):
    """A spare part. A serialised one is counted by its units, each with a serial; the others by quantity.

    `is_key`: A13 keeps it in stock or in the bonded store. `device_model`: it is a whole device (A11), and takes the
    place of one in the register when it is fitted.
    """

    code = models.CharField(_("part number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    maker = models.CharField(_("maker"), max_length=60, blank=True)
    fits = models.ManyToManyField(DeviceModel, blank=True, related_name="parts", verbose_name=_("fits"))
    device_model = models.ForeignKey(
        DeviceModel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("whole device of the model"),
        help_text=_("Empty: it is a part of a device."),
    )
    is_serialised = models.BooleanField(_("has serial numbers"), default=True)
    is_key = models.BooleanField(_("key part"), default=False)
    unit = models.CharField(_("unit"), max_length=10, default="件")
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2, null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ("code",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(device_model=None) | Q(is_serialised=True),
                name="spares_whole_device_has_a_serial",
                violation_error_message=_("A whole device has a serial number."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Depot(models.Model):
    """A store of spares: what is packed by `cut_off` on a working day leaves that day (A11)."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    city = models.CharField(_("city"), max_length=40)
    address = models.CharField(_("address"), max_length=200)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai", validators=[known_zone])
    cut_off = models.TimeField(_("cut-off"), default="16:00")
    clerks = models.ManyToManyField(User, blank=True, related_name="depots", verbose_name=_("clerks"))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("depot")
        verbose_name_plural = _("depots")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """How many working days a carrier takes from a depot to a city, and by what hour of the last day it is there.

    `days` 0: the same day. An empty `city` holds for every city without a row of its own.
    """

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="lanes", verbose_name=_("depot"))
    city = models.CharField(_("city"), max_length=40, blank=True, help_text=_("Empty: all others."))
    carrier = models.CharField(_("carrier"), max_length=40)
    days = models.PositiveSmallIntegerField(_("working days"), validators=[MaxValueValidator(30)])
    arrives_by = models.TimeField(_("there by"), default="18:00")

    class Meta:
        verbose_name = _("carrier's lead time")
        verbose_name_plural = _("carriers' lead times")
        ordering = ("depot", "city", "days")
        constraints: ClassVar = [models.UniqueConstraint(fields=("depot", "city", "carrier"), name="spares_lane_once")]

    def __str__(self) -> str:
        return f"{self.depot} → {self.city or '*'}: {self.carrier} {self.days}"


class StockItem(models.Model):
    """How much of a part lies in a depot: `on_hand` on the shelf, of which `reserved` is promised.

    Always the sum of its movements. `bin` is the shelf; under `minimum` it stands on the reorder list.
    """

    depot = models.ForeignKey(Depot, models.PROTECT, related_name="items", verbose_name=_("depot"))
    part = models.ForeignKey(Part, models.PROTECT, related_name="items", verbose_name=_("part"))
    bin = models.CharField(_("bin"), max_length=20, blank=True)
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    reserved = models.PositiveIntegerField(_("reserved"), default=0)
    minimum = models.PositiveIntegerField(_("minimum"), default=0)

    class Meta:
        verbose_name = _("stock of a part")
        verbose_name_plural = _("stock of parts")
        ordering = ("depot", "part")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("depot", "part"), name="spares_item_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="spares_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="spares_reserved_is_on_hand"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("part", "depot"), name="spares_item_by_part"),
            models.Index(
                fields=("depot", "part"),
                name="spares_item_short",
                condition=Q(minimum__gt=F("on_hand") - F("reserved")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.depot} {self.part}: {self.on_hand}"

    @property
    def free(self) -> int:
        """What nobody has reserved."""
        return self.on_hand - self.reserved


class Unit(models.Model):
    """One piece of a serialised part. Its serial exists once; one open reservation holds it."""

    class State(models.TextChoices):
        IN_STOCK = "in_stock", _("In stock")
        RESERVED = "reserved", _("Reserved")
        SHIPPED = "shipped", _("On the way")
        DELIVERED = "delivered", _("At the hospital")
        INSTALLED = "installed", _("Fitted")
        FAULTY = "faulty", _("Faulty, came back")
        AT_MAKER = "at_maker", _("With the maker")
        SCRAPPED = "scrapped", _("Scrapped")
        MISSING = "missing", pgettext_lazy("unit of a part", "Missing")

    part = models.ForeignKey(Part, models.PROTECT, related_name="units", verbose_name=_("part"))
    serial = models.CharField(_("serial number"), max_length=60)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.IN_STOCK)
    item = models.ForeignKey(
        StockItem, models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("lies in")
    )
    line = models.ForeignKey(
        "spares.RequestLine", models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("for")
    )

    class Meta:
        verbose_name = _("unit of a part")
        verbose_name_plural = _("units of parts")
        ordering = ("part", "serial")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("part", "serial"), name="spares_serial_once"),
            models.CheckConstraint(
                condition=Q(state__in=["in_stock", "reserved", "faulty"], item__isnull=False)
                | (~Q(state__in=["in_stock", "reserved", "faulty"]) & Q(item__isnull=True)),
                name="spares_unit_lies_where_it_is_in_stock",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["reserved", "shipped", "delivered"]) | Q(line__isnull=False),
                name="spares_promised_unit_has_a_line",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=("item", "state"), name="spares_units_of_item")]

    def __str__(self) -> str:
        return f"{self.part.code} {self.serial}"


class StockMovement(models.Model):
    """One change of a stock; the database refuses to edit it. The sums are the stock (house rule 13).

    What one act moved shares a `pair`: both sides of a transfer, the units of one delivery. A serialised part has one
    movement per unit. `key` makes a repeated push count once. A faulty unit counts as none on hand: scrapping it
    moves nothing but names it.
    """

    class Kind(models.TextChoices):
        RECEIVE = "receive", pgettext_lazy("stock", "Received")
        RESERVE = "reserve", pgettext_lazy("stock", "Reserved")
        RELEASE = "release", pgettext_lazy("stock", "Released")
        ISSUE = "issue", pgettext_lazy("stock", "Issued")
        TRANSFER_OUT = "transfer_out", pgettext_lazy("stock", "Sent to another depot")
        TRANSFER_IN = "transfer_in", pgettext_lazy("stock", "Came from another depot")
        COUNT = "count", pgettext_lazy("stock", "Counted")
        SCRAP = "scrap", pgettext_lazy("stock", "Scrapped")
        BACK = "back", pgettext_lazy("stock", "Came back unused")

    item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements", verbose_name=_("stock"))
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    on_hand = models.IntegerField(_("on hand, change"))
    reserved = models.IntegerField(_("reserved, change"), default=0)
    on_hand_after = models.PositiveIntegerField(_("on hand after"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="movements", verbose_name=_("unit")
    )
    line = models.ForeignKey(
        "spares.RequestLine", models.PROTECT, null=True, blank=True, related_name="movements", verbose_name=_("for")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    pair = models.UUIDField(_("pair"), null=True, blank=True)
    key = models.UUIDField(_("sender's key"), null=True, blank=True, unique=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(on_hand=0, reserved=0) | Q(kind="count") | Q(kind="scrap", unit__isnull=False),
                name="spares_movement_moves",
            )
        ]
        indexes: ClassVar = [models.Index(fields=("item", "-id"), name="spares_movements_of_item")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind} {self.on_hand:+d}"

    @property
    def signed_on_hand(self) -> str:
        return f"{self.on_hand:+d}" if self.on_hand else "–"

    @property
    def signed_reserved(self) -> str:
        return f"{self.reserved:+d}" if self.reserved else "–"

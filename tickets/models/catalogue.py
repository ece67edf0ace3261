"""What a fault may be: the classes of the hotline plan, and the pictures that hospitals choose from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from spares.models import Part
from tickets.validators import first_steps as check_first_steps
from tickets.validators import known_icon


class FaultClass(models.Model):
    """A fault class of the hotline plan (A7). `as_node_down`: handled and clocked as a node down.

    `asks_for_part`: its script ends in a request for one of `parts`, whichever fits the device.
    """

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    plain_name = models.CharField(_("in plain words"), max_length=60)
    clause = models.CharField(_("clause"), max_length=20, default="A7")
    as_node_down = models.BooleanField(_("clocks as for a node down"), default=False)
    hint = models.TextField(_("what the hotline does"), blank=True)
    asks_for_part = models.BooleanField(_("its script ends in a spare part"), default=False)
    parts = models.ManyToManyField(Part, blank=True, related_name="+", verbose_name=_("parts that the script replaces"))
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("fault class")
        verbose_name_plural = _("fault classes")
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class FaultTile(models.Model):
    """A picture on the hospital's form: everyday words for a class the hotline may correct."""

    code = models.SlugField(_("code"), unique=True)
    label = models.CharField(_("label"), max_length=40)
    example = models.CharField(_("example"), max_length=80)
    icon = models.CharField(_("icon"), max_length=40, validators=[known_icon], help_text=_("A name of lucide.dev."))
    fault_class = models.ForeignKey(FaultClass, models.PROTECT, related_name="tiles", verbose_name=_("fault class"))
    first_steps = models.JSONField(_("first steps to try"), default=list, blank=True, validators=[check_first_steps])
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("fault tile")
        verbose_name_plural = _("fault tiles")
        ordering = ("position",)

    def __str__(self) -> str:
        return self.label

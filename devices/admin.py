"""Set-up of models and projects, with the papers that prove an acceptance; devices themselves change by their verbs."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from attachments import storage
from audit.admin import Audited, ReadOnly
from devices.models import Device, DeviceModel, Project
from people.access import person
from people.models import User


@admin.register(DeviceModel)
class DeviceModelAdmin(Audited):
    """Who makes it and what it is called is fixed as soon as one of it stands somewhere."""

    list_display = ("maker", "name", "kind", "discontinued_on")
    list_display_links = ("maker", "name")
    list_filter = ("kind", "maker")
    search_fields = ("maker", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: DeviceModel | None = None) -> tuple[str, ...]:
        return ("maker", "kind") if obj is not None and obj.devices.exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: DeviceModel | None = None) -> bool:
        return obj is not None and not obj.devices.exists() and super().has_delete_permission(request, obj)


class ProjectForm(forms.ModelForm[Project]):
    """A project; its acceptance protocol comes in through the one door for files. `by`: who brings it."""

    by: ClassVar[User]
    protocol = forms.FileField(
        label=_("signed acceptance protocol"), required=False, help_text=_("PDF or photo. A new one takes its place.")
    )

    class Meta:
        model = Project
        fields = ("hospital", "name", "started_on", "accepted_on")

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if (upload := self.cleaned_data.get("protocol")) and not self.errors:
            try:
                self.instance.proof = storage.accept(
                    upload, hospital=self.instance.hospital, by=self.by, now=timezone.now()
                )
            except storage.Refused as refused:
                self.add_error("protocol", str(refused))


@admin.register(Project)
class ProjectAdmin(Audited):
    """Warranties count from these days (A4, B2)."""

    form = ProjectForm
    list_display = ("name", "hospital", "started_on", "accepted_on", "paper")
    list_filter = ("accepted_on",)
    list_select_related = ("hospital",)
    search_fields = ("name", "hospital__name", "hospital__short_name")
    autocomplete_fields = ("hospital",)
    fields = (*ProjectForm.Meta.fields, "paper", "protocol")
    date_hierarchy = "accepted_on"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = person(request)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> tuple[str, ...]:
        # Its devices and its protocol are this hospital's.
        return ("paper", "hospital") if obj is not None else ("paper",)

    @admin.display(description=_("acceptance protocol"))
    def paper(self, row: Project) -> str:
        if row.proof_id is None:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("project-protocol", args=[row.pk]), _("Open"))

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return obj is not None and not obj.devices.exists() and super().has_delete_permission(request, obj)


@admin.register(Device)
class DeviceAdmin(ReadOnly):
    """To look up: installing, moving, swapping and retiring leave dated rows, and are done on the desk's own pages."""

    list_display = ("name", "serial", "hospital", "model", "state")
    list_filter = ("state", "model__kind")
    list_select_related = ("hospital", "model")
    search_fields = ("serial", "name", "hospital__name")

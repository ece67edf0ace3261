"""Set-up of rules, prices and contracts without a programmer; what the verbs wrote is read only."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Max, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attachments import storage
from audit.admin import Audited, ReadOnly
from people.access import person
from people.models import User
from warranty import contracts, defaults, proofs
from warranty.models import (
    Contract,
    CoverageTerm,
    DutyEntry,
    Entitlement,
    EntitlementYear,
    PriceRow,
    ServiceLine,
    Use,
    WarrantyProof,
)
from warranty.refusal import Refused


class Versioned(Audited):
    """Rows that verdicts were found by are never changed: saving one makes the next version."""

    readonly_fields = ("version",)
    same: tuple[str, ...]

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm[Any], change: bool) -> None:
        row: Any = obj
        if change and form.changed_data:
            others = type(row).objects.filter(**{name: getattr(row, name) for name in self.same})
            row.pk, row._state.adding = None, True
            row.version = (others.aggregate(Max("version"))["version__max"] or 0) + 1
            text = _("What was promised stays as it was; your change is version %(number)s.")
            self.message_user(request, text % {"number": row.version}, messages.WARNING)
        super().save_model(request, row, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CoverageTerm)
class CoverageTermAdmin(Versioned):
    list_display = ("name", "clause", "outcome", "basis", "years", "version", "valid_from")
    list_filter = ("outcome",)
    same = ("code",)


@admin.register(PriceRow)
class PriceRowAdmin(Versioned):
    list_display = ("name", "unit", "amount", "quantity", "contract", "version", "valid_from")
    list_filter = ("code",)
    list_select_related = ("contract",)
    autocomplete_fields = ("contract",)
    same = ("code", "contract")


class ServiceLineInline(admin.TabularInline):
    model = ServiceLine
    extra = 0


class EntitlementInline(admin.TabularInline):
    model = Entitlement
    extra = 0


class ContractForm(forms.ModelForm[Contract]):
    """A contract; a new one can be filled with the services and quotas of a kind of contract."""

    template = forms.ChoiceField(
        label=gettext_lazy("fill with"),
        required=False,
        choices=[("", "—"), *((code, one.name) for code, one in defaults.TEMPLATES.items())],
        help_text=gettext_lazy("Services and yearly quotas of this kind of contract; to be looked over."),
    )

    class Meta:
        model = Contract
        fields = (
            "hospital", "number", "name", "clause", "phase", "starts_on", "ends_on", "follows", "policy", "scope",
            "project", "devices", "device_kinds", "excluded_causes",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        # Of a contract in force the hospital stands and is not sent.
        hospital = found["hospital"].pk if "hospital" in found else self.instance.hospital_id
        if any(device.hospital_id != hospital for device in found.get("devices") or ()):
            self.add_error("devices", _("A device of another hospital is among them."))
        return found


@admin.register(Contract)
class ContractAdmin(Audited):
    """A draft is edited freely; one in force changes by `contracts.change`, so that running clocks follow."""

    form = ContractForm
    list_display = ("number", "hospital", "name", "phase", "starts_on", "ends_on", "version", "activated_at")
    list_filter = ("phase",)
    list_select_related = ("hospital",)
    search_fields = ("number", "name", "hospital__name")
    autocomplete_fields = ("hospital", "follows")
    raw_id_fields = ("devices", "project")
    inlines = (ServiceLineInline, EntitlementInline)
    actions = ("activate",)

    def get_fields(self, request: HttpRequest, obj: Contract | None = None) -> Any:
        return [*ContractForm.Meta.fields, *([] if obj else ["template"])]

    def get_readonly_fields(self, request: HttpRequest, obj: Contract | None = None) -> list[str]:
        if obj is None or obj.activated_at is None:
            return []
        return [name for name in ContractForm.Meta.fields if name not in {*contracts.CHANGEABLE, "devices"}]

    def save_model(self, request: HttpRequest, obj: Contract, form: ModelForm[Any], change: bool) -> None:
        if not change or obj.activated_at is None:
            super().save_model(request, obj, form, change)
            if template := defaults.TEMPLATES.get(form.cleaned_data.get("template", "")):
                defaults.fill(obj, template)
            return
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in contracts.CHANGEABLE}
        changed = contracts.change(obj, by=person(request), now=timezone.now(), **values)
        obj.version = changed.version

    def has_delete_permission(self, request: HttpRequest, obj: Contract | None = None) -> bool:
        return obj is not None and obj.activated_at is None and super().has_delete_permission(request, obj)

    @admin.action(description=gettext_lazy("Put in force: clocks follow from its first day"))
    def activate(self, request: HttpRequest, chosen: QuerySet[Contract]) -> None:
        for contract in chosen:
            try:
                contracts.activate(contract, by=person(request), now=timezone.now())
            except Refused as refused:
                self.message_user(request, str(refused), messages.ERROR)
                continue
            self.message_user(request, _("%(number)s is in force.") % {"number": contract.number})


class ProofForm(forms.ModelForm[WarrantyProof]):
    """A device's paper; `proofs.attach` keeps it. `by`: who brings it."""

    by: ClassVar[User]
    file = forms.FileField(label=gettext_lazy("paper"), help_text=gettext_lazy("PDF or photo."))

    class Meta:
        model = WarrantyProof
        fields = ("device", "kind", "until")

    def _post_clean(self) -> None:
        if self.errors:
            return
        data = self.cleaned_data
        given = {"kind": data["kind"], "paper": data["file"], "until": data["until"]}
        try:
            self.instance = proofs.attach(data["device"], **given, by=self.by, now=timezone.now())
        except storage.Refused as refused:
            self.add_error("file", str(refused))
        except Refused as refused:
            self.add_error("until", str(refused))


@admin.register(WarrantyProof)
class WarrantyProofAdmin(ReadOnly):
    """Papers come in and stay."""

    form = ProofForm
    list_display = ("device", "kind", "until", "added_by", "added_at")
    list_filter = ("kind",)
    list_select_related = ("device", "added_by")
    raw_id_fields = ("device",)
    search_fields = ("device__serial", "device__name", "hospital__name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = person(request)
        return form

    def get_fields(self, request: HttpRequest, obj: WarrantyProof | None = None) -> Any:
        return (*self.list_display, "hospital") if obj else (*ProofForm.Meta.fields, "file")

    def save_model(self, request: HttpRequest, obj: WarrantyProof, form: ModelForm[Any], change: bool) -> None:
        """Nothing: `attach` kept it while the form was judged, in the same transaction."""


@admin.register(EntitlementYear)
class EntitlementYearAdmin(ReadOnly):
    list_display = ("entitlement", "starts_on", "ends_on", "granted", "used")
    list_select_related = ("entitlement",)


@admin.register(Use)
class UseAdmin(ReadOnly):
    list_display = ("reference", "hospital", "on", "is_billable", "taken_by", "returned_at")
    list_filter = ("is_billable",)
    list_select_related = ("hospital", "taken_by")


@admin.register(DutyEntry)
class DutyEntryAdmin(ReadOnly):
    list_display = ("entitlement", "hospital", "planned_on", "done_on", "done_by", "dropped_at")
    list_select_related = ("entitlement", "hospital", "done_by")

"""People: made by invitation, switched off instead of deleted, never given a password by somebody else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.admin import Audited
from common.network import client_address
from people import links, lockout, sessions
from people.models import HOSPITAL_ROLES, LinkRequest, User


class PersonForm(forms.ModelForm[User]):
    """A person's row; what belongs together is said beside the field that is wrong."""

    class Meta:
        model = User
        fields = (
            "name", "title", "email", "phone", "role", "hospital", "department", "team", "language", "is_active",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        role, hospital = data.get("role", self.instance.role), data.get("hospital")
        if not data.get("email") and not data.get("phone"):
            self.add_error("email", _("An e-mail address or a phone number: one of them to log in with."))
        if role in HOSPITAL_ROLES and hospital is None:
            self.add_error("hospital", _("Hospital people belong to a hospital."))
        if role not in HOSPITAL_ROLES and hospital is not None:
            self.add_error("hospital", _("Company people belong to no hospital."))
        if role in HOSPITAL_ROLES and data.get("team"):
            self.add_error("team", _("Teams are for company people."))
        department = data.get("department")
        if department is not None and department.hospital != hospital:
            self.add_error("department", _("This department belongs to another hospital."))
        return data


@admin.register(User)
class PersonAdmin(Audited):
    form = PersonForm
    list_display = ("name", "role", "hospital", "team", "email", "phone", "is_active", "last_login")
    list_filter = ("is_active", "role", "team")
    list_select_related = ("hospital", "team")
    search_fields = ("name", "email", "phone", "hospital__name")
    autocomplete_fields = ("hospital", "department", "team")
    readonly_fields = ("last_login", "created_at")
    actions = ("send_link", "show_link", "lift_lock", "end_sessions")
    fieldsets = (
        (None, {"fields": ("name", "title", ("email", "phone"), "language")}),
        (gettext_lazy("Role"), {"fields": ("role", "hospital", "department", "team", "is_active")}),
        (gettext_lazy("Use"), {"fields": ("last_login", "created_at")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a person did stays theirs; switching them off ends every session."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Nobody changes the own role or switches the own account off (safety T021)."""
        own = obj is not None and obj.pk == request.user.pk
        return (*self.readonly_fields, "role", "is_active") if own else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if obj.email:
            self._mail(request, obj, LinkRequest.Purpose.INVITATION)
            messages.info(request, _("%(name)s gets an invitation by mail.") % {"name": obj.name})
        else:
            messages.warning(
                request,
                _("%(name)s has no e-mail address: choose “Show a link” and hand it over.") % {"name": obj.name},
            )

    def _mail(self, request: HttpRequest, person: User, purpose: LinkRequest.Purpose) -> None:
        address = client_address(request) or None
        links.ask(person.email or "", purpose, address=address, now=timezone.now(), by_admin=True)

    @admin.action(description=gettext_lazy("Mail a link to set a password"))
    def send_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        reachable = [person for person in queryset if person.email and person.is_active]
        for person in reachable:
            purpose = LinkRequest.Purpose.RESET if person.has_usable_password() else LinkRequest.Purpose.INVITATION
            self._mail(request, person, purpose)
            self.note(request, "people.user.link_sent", person, id=person.pk)
        count = len(reachable)
        text = ngettext("%(count)d person gets a link by mail.", "%(count)d people get a link by mail.", count)
        messages.success(request, text % {"count": count})

    @admin.action(description=gettext_lazy("Show a link to set a password, to hand over"))
    def show_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        if len(people := list(queryset[:2])) != 1:
            messages.error(request, _("Choose one person."))
            return
        [person] = people
        self.note(request, "people.user.link_shown", person, id=person.pk)
        text = _("Link for %(name)s, good once and for half an hour: %(link)s")
        messages.success(request, text % {"name": person.name, "link": links.link_for(person)})

    @admin.action(description=gettext_lazy("Lift the lock after wrong passwords"))
    def lift_lock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            lockout.unlock(person)
            self.note(request, "people.user.unlocked", person, id=person.pk)
        messages.success(request, _("They can try again."))

    @admin.action(description=gettext_lazy("Log out everywhere"))
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            sessions.end_all(person)
            self.note(request, "people.user.sessions_ended", person, id=person.pk)
        messages.success(request, _("Their sessions are ended."))

"""The company's page of trainings: what is on record, by hospital, and the form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from attachments import storage
from people.access import needs, person
from people.models import Hospital, User
from tickets import training
from tickets.models import Training
from tickets.states import Refused

MOST = 200


class TrainingForm(forms.Form):
    """A training that was held. Who has an account is found by e-mail or phone; others by name."""

    hospital = forms.ModelChoiceField(
        queryset=Hospital.objects.none(), label=gettext_lazy("Hospital"), empty_label=gettext_lazy("Choose a hospital")
    )
    who = forms.CharField(
        label=gettext_lazy("Who"),
        max_length=60,
        help_text=gettext_lazy("A name, or the e-mail or phone of an account."),
    )
    topic = forms.CharField(label=gettext_lazy("Topic"), max_length=120)
    held_on = forms.DateField(label=gettext_lazy("Held on"), widget=forms.DateInput(attrs={"type": "date"}))
    trainer = forms.CharField(label=gettext_lazy("Trainer"), max_length=60)
    proof = forms.FileField(
        label=gettext_lazy("Proof"), required=False, help_text=gettext_lazy("For example the signed list.")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hospital"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Hospital.objects.for_user(user).filter(is_active=True)

    def said(self) -> dict[str, Any]:
        """What `training.record` asks for, of a valid form."""
        data = dict(self.cleaned_data)
        who = data.pop("who")
        account = User.objects.filter(hospital=data["hospital"], is_active=True)
        found = account.filter(email=who.lower()).first() or account.filter(phone=who).first()
        names = list(account.filter(name=who)[:2])
        return {**data, "person": found or (names[0] if len(names) == 1 else None), "attendee": who}


@needs("training")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The trainings of the hospitals that the person sees, newest first; one hospital's with `?hospital=`."""
    user, now = person(request), timezone.now()
    form = TrainingForm(request.POST or None, request.FILES or None, user=user)
    if form.is_bound and form.is_valid():
        try:
            kept = training.record(**form.said(), by=user, now=now)
        except storage.Refused as refused:
            form.add_error("proof", str(refused))
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, _("On record: %(who)s, %(topic)s.") % {"who": kept.who, "topic": kept.topic})
            return redirect("console:trainings")
    rows = Training.objects.for_user(user).select_related("hospital", "person", "proof")
    key = request.GET.get("hospital", "")
    if key.isascii() and key.isdigit() and len(key) <= 18:
        rows = rows.filter(hospital=int(key))
    return render(
        request, "console/trainings.html", {"form": form, "rows": rows[:MOST]}, status=422 if form.errors else None
    )

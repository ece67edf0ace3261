"""The company's forms: one per verb of `tickets.workflow`, in the same rooms, and the call that is being taken."""

from tickets.console_forms.asking import AskPartForm
from tickets.console_forms.base import VerbForm
from tickets.console_forms.call import CallForm
from tickets.console_forms.ending import CancelForm, PassOnForm, ReopenForm, ResolveForm
from tickets.console_forms.onsite import ArriveForm, DepartForm, EvidenceForm, RemoteFailedForm
from tickets.console_forms.ownership import AcceptOwnerForm, AssignForm, DeclineOwnerForm, OfferOwnerForm, TakeForm
from tickets.console_forms.parts import (
    ChooseDepotForm,
    DeliverPartForm,
    FitPartForm,
    PartEventForm,
    SplitPartForm,
    UnusedPartForm,
    WithdrawPartForm,
)
from tickets.console_forms.quotes import (
    DiscardQuoteForm,
    DraftQuoteForm,
    RecordAnswerForm,
    SendQuoteForm,
    WithdrawQuoteForm,
)
from tickets.console_forms.scanned import DiscardForm, VerifyForm
from tickets.console_forms.talk import SayForm
from tickets.console_forms.terms import EditForm, FaultClassForm, PriorityForm, RetargetForm
from tickets.console_forms.urgent import NotUrgentForm, UrgentForm
from tickets.console_forms.verdict import CauseForm, OverrideForm
from tickets.console_forms.visits import VISIT_FORMS
from tickets.console_forms.waits import ResumeForm, WaitForm

FORMS: tuple[type[VerbForm], ...] = (
    AssignForm,
    TakeForm,
    OfferOwnerForm,
    AcceptOwnerForm,
    DeclineOwnerForm,
    RemoteFailedForm,
    *VISIT_FORMS,
    DepartForm,
    ArriveForm,
    EvidenceForm,
    WaitForm,
    ResumeForm,
    ResolveForm,
    ReopenForm,
    CancelForm,
    PassOnForm,
    VerifyForm,
    DiscardForm,
    PriorityForm,
    FaultClassForm,
    EditForm,
    RetargetForm,
    CauseForm,
    OverrideForm,
    DraftQuoteForm,
    SendQuoteForm,
    RecordAnswerForm,
    WithdrawQuoteForm,
    DiscardQuoteForm,
    UrgentForm,
    NotUrgentForm,
    AskPartForm,
    ChooseDepotForm,
    WithdrawPartForm,
    PartEventForm,
    DeliverPartForm,
    FitPartForm,
    UnusedPartForm,
    SplitPartForm,
)
"""Every verb with a form of its own; the composer's three share `SayForm`."""

__all__ = [
    "FORMS",
    "CallForm",
    "EditForm",
    "SayForm",
    "VerbForm",
]

"""Routes of the interface under /api/v1/ that lead to tickets."""

from django.urls import path, register_converter

from tickets.api import quotes, reading, verbs, visits
from tickets.numbers import NumberInPath

register_converter(NumberInPath, "number")

TICKET = "tickets/<number:number>/"

urlpatterns = [
    path("tickets/", reading.Tickets.as_view(), name="tickets"),
    path(TICKET, reading.OneTicket.as_view(), name="ticket"),
    path(f"{TICKET}events/", reading.Events.as_view(), name="ticket_events"),
    path(f"{TICKET}deadlines/", reading.Deadlines.as_view(), name="ticket_deadlines"),
    path(f"{TICKET}phone/", verbs.Phone.as_view(), name="ticket_phone"),
    *[path(f"{TICKET}{verb.slug}/", verbs.door(verb).as_view(), name=verb.slug) for verb in verbs.VERBS],
    path(f"{TICKET}quotes/", quotes.Quotes.as_view(), name="quotes"),
    *[
        path(f"{TICKET}quotes/{verb.slug}/", quotes.door(verb).as_view(), name=f"quotes-{verb.slug}")
        for verb in quotes.VERBS
    ],
    path(f"{TICKET}candidates/", visits.Candidates.as_view(), name="candidates"),
    path("visits/", visits.Visits.as_view(), name="visits"),
    path("visits/<int:pk>/", visits.OneVisit.as_view(), name="visit"),
    *[
        path(f"visits/<int:pk>/{verb.slug}/", visits.door(verb).as_view(), name=f"visits-{verb.slug}")
        for verb in visits.VERBS
    ],
    path("files/<uuid:key>/", reading.File.as_view(), name="file"),
    path("fault-classes/", reading.FaultClasses.as_view(), name="fault_classes"),
]

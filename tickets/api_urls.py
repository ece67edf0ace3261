from django.urls import path

from tickets import api

app_name = "api"
urlpatterns = [
    path("tickets/<str:number>/deadlines/", api.TicketDeadlines.as_view(), name="ticket_deadlines"),
]

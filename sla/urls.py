from django.urls import path

from sla import views

app_name = "sla"
urlpatterns = [
    path("healthz/engine", views.engine_health, name="health"),
    path("desk/deadlines/<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
]

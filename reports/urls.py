from django.urls import path

from reports import views

urlpatterns = [
    path("desk/wall/", views.wall, name="wall"),
    path("desk/hospitals/", views.hospitals, name="hospitals"),
    path("desk/hospitals/<int:pk>/", views.hospital, name="hospital"),
    path("service/", views.service, name="service"),
]

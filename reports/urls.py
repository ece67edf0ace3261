from django.urls import path

from reports import views

urlpatterns = [path("desk/wall/", views.wall, name="wall")]

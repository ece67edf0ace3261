"""Whether this web process can serve: asked by Docker, a balancer or a monitor."""

from django.db import connection
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@never_cache
def web(_request: HttpRequest) -> HttpResponse:
    """200 `ok` when the database answers, else 503. The engine has its own question, /healthz/engine."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")

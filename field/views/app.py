"""The field app's page and what a browser needs to keep it (docs/field.md)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from field import shell
from people.access import needs


@never_cache
@require_GET
@needs("field")
def app(_request: HttpRequest) -> HttpResponse:
    """The shell. Whose jobs it shows is asked by its scripts."""
    return HttpResponse(shell.page())


@require_GET
@vary_on_headers("Accept-Language", "Cookie")
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker; asked for anew each time, so that a new version is seen at once."""
    return HttpResponse(shell.worker(), content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_GET
@vary_on_headers("Accept-Language", "Cookie")
def manifest(_request: HttpRequest) -> JsonResponse:
    """What the phone's home screen shows."""
    sizes = [
        {"src": static(f"img/desk-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
    ]
    home = reverse("field:app")
    content = {
        "name": _("Service Desk"),
        "short_name": _("Service Desk"),
        "lang": get_language(),
        "id": home,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": "#f4f6f9",
        "theme_color": "#ffffff",
        "icons": [*sizes, *({**icon, "purpose": "maskable"} for icon in sizes)],
    }
    return JsonResponse(content, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})

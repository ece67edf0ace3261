"""The web server's entry point (`gunicorn -k asgi servicedesk.asgi:application`)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

application = get_asgi_application()

"""The web server's entry point (`gunicorn -k asgi servicedesk.asgi:application`)."""

import os

from django.core.asgi import get_asgi_application

from servicedesk.checks import refuse_demo_in_production

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

application = get_asgi_application()
refuse_demo_in_production()

"""The web server's entry point (`gunicorn -k asgi servicedesk.asgi:application`)."""

import os
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application

from common.body_limit import BodyLimit
from servicedesk.checks import refuse_demo_in_production

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

application = BodyLimit(get_asgi_application(), settings.REQUEST_MAX_BYTES)
refuse_demo_in_production()
# Routes load lazily; loaded here the server's workers share them, and a broken one stops the start.
import_module(settings.ROOT_URLCONF)

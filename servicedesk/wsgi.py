"""For servers that speak WSGI only; live updates then fall back to polling."""

import os

from django.core.wsgi import get_wsgi_application

from servicedesk.checks import refuse_demo_in_production

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

application = get_wsgi_application()
refuse_demo_in_production()

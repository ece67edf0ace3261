"""The web server's entry point (`gunicorn -k asgi servicedesk.asgi:application`)."""

import ctypes
import gc
import os
import shutil
from importlib import import_module

import django
from django.conf import settings

from common.body_limit import BodyLimit
from servicedesk.checks import refuse_demo_in_production
from servicedesk.handler import KeptThreadsHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

# One heap for all threads (glibc): one of them runs Python at a time, and with heaps of their own each would keep
# what its largest page once took.
M_ARENA_MAX = -8
if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
    mallopt(M_ARENA_MAX, 1)

# All workers of this server count into files here; Prometheus' client looks for them when it is loaded.
shutil.rmtree(settings.METRICS_DIR, ignore_errors=True)
settings.METRICS_DIR.mkdir(parents=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_DIR)
django.setup(set_prefix=False)
application = BodyLimit(KeptThreadsHandler(), settings.REQUEST_MAX_BYTES)
refuse_demo_in_production()
# Routes load lazily; loaded here the server's workers share them, and a broken one stops the start.
import_module(settings.ROOT_URLCONF)
# What is loaded stays: the collector need not look at it again, and so does not make workers copy what they share.
gc.collect()
gc.freeze()

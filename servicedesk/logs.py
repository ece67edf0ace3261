"""The shape of the log: one record, one line of JSON; in the demo a line for people.

Every process (web, workers, beat, commands) writes the same fields: `timestamp` (UTC), `level`, `logger`,
`event`, and where there is one `request_id`, `task_id` and `task`. Everything passes `redaction` on its way.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.contextvars import merge_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from servicedesk import redaction

# Made by ourselves, from a fixed set of signs.
OURS = {"timestamp", "level", "logger", "request_id", "task_id", "exception"}


class Faults(logging.Filter):
    """Lets through what tells of an exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """`LOGGING`: one line a record on stderr, from `level` on, and what the libraries may say."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "servicedesk.logs.formatter", "as_json": as_json}},
        # Every answer has its line from `middleware.py`; Django's own adds something only about a fault.
        "filters": {"faults": {"()": "servicedesk.logs.Faults"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Without this Django would mail admins and hide warnings when DEBUG is off.
            "django": {"handlers": [], "propagate": True},
            "django.request": {"filters": ["faults"]},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # Forty ticks a minute would hide from a person at a terminal what else happens.
            "desk.tasks": {"level": "NOTSET" if as_json or level != "INFO" else "WARNING"},
            "axes": {"level": "ERROR"},  # it names who failed to sign in; the audit trail keeps the lock-outs
            "mail.log": {"level": "WARNING"},  # aiosmtpd's every word
            "urllib3": {"level": "WARNING"},  # would write whole addresses
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "CRITICAL"},  # `task_log.py` tells every task
        },
    }


def formatter(*, as_json: bool) -> logging.Formatter:
    """For `LOGGING`: writes what structlog's and the standard library's loggers say."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[merge_contextvars],
        pass_foreign_args=True,
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _say_without_data,
            _trace,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _redact,
            last,
        ],
    )


def _say_without_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put a standard record's sentence together anew: errors without their data, paths without their tokens."""
    record: logging.LogRecord = event["_record"]
    arguments = event.pop("positional_args", None)
    if not arguments:
        return event
    request = getattr(record, "request", None)

    def safe(argument: Any) -> Any:
        if isinstance(argument, BaseException):
            return redaction.error_text(argument)
        if isinstance(request, HttpRequest) and isinstance(argument, str) and argument.startswith("/"):
            return redaction.path(request)
        return argument

    if isinstance(arguments, Mapping):
        event["event"] = str(record.msg) % {name: safe(argument) for name, argument in arguments.items()}
    else:
        event["event"] = str(record.msg) % tuple(safe(argument) for argument in arguments)
    return event


def _trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("stack_info", None)
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = redaction.error_trace(error)
    return event


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: given if key in OURS else redaction.value(key, given) for key, given in event.items()}

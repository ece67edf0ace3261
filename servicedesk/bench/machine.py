"""What was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from django.db import connection

SETTINGS = ("shared_buffers", "work_mem", "effective_cache_size", "random_page_cost", "max_wal_size", "jit", "fsync")


def about() -> dict[str, Any]:
    """Cores, processor, memory, versions, and what the database server is set to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = cursor.fetchone()[0]
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s) AS name", [list(SETTINGS)])
        settings = dict(cursor.fetchall())
    return {
        "cores": os.cpu_count(),
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "postgresql": version,
        "settings": settings,
    }


def database_gb() -> float:
    """Size of the database on disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return round(int(cursor.fetchone()[0]) / 2**30, 1)


def _first(path: str, key: str) -> str:
    """The value of the first `key : value` line of a file."""
    file = Path(path)
    lines = file.read_text().splitlines() if file.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")

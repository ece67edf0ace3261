"""Addresses that come from outside."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 2000
"""Characters; no page of ours has a longer address, and some proxies cut them off."""


def local(address: str) -> str:
    """`address` when it is a path of ours, else nothing: nobody is led away (T059)."""
    ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if ours and len(address) <= LONGEST else ""

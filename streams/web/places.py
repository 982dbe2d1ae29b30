"""Where things are in the built-in page: addresses within it, whatever things are called."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

_DOTS = (".", "..")


def alert(alert_id: str) -> str:
    """An alert's page."""
    return f"/alerts/{quote(alert_id, safe='')}"


def account(account_id: str) -> str:
    """An account's page. Browsers take dots out of a path: of an account that is so called, its alerts."""
    named = quote(account_id, safe="", errors="replace")
    return f"/accounts/{named}" if account_id not in _DOTS else f"/alerts?account={named}"


def action(action_id: str) -> str:
    """An action's page."""
    return f"/actions/{quote(action_id, safe='')}"


def case(case_id: str) -> str:
    """A case's page."""
    return f"/cases/{quote(case_id, safe='')}"


def rule(name: str) -> str:
    """A rule's page; a model's too."""
    return f"/rules/{quote(name, safe='', errors='replace')}"


def listed(path: str, asked: Mapping[str, str], **more: str | int) -> str:
    """A list with what was asked for, and with more of it; what is empty is left out."""
    told = {**asked, **{name: str(value) for name, value in more.items()}}
    query = urlencode({name: value for name, value in told.items() if value}, errors="replace")
    return f"{path}?{query}" if query else path

"""What is wrong with single values of a sink's declaration. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from streams.enforcement.sinks.addresses import networks, odd_number, refusal
from streams.enforcement.sinks.notice import ADDRESS

Said = Mapping[str, Any]
"""One sink as it was declared."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_Wrong = tuple[str, str]


def wrong_values(said: Said) -> Iterator[tuple[str, _Wrong]]:
    """Key, what is wrong with its value, and what to do."""
    for key, check in _CHECKS.items():
        wrong = check(said[key], said) if key in said else None
        if wrong is not None:
            yield key, wrong


def _name(value: Any, _: Said) -> _Wrong | None:
    sound = isinstance(value, str) and _NAME.fullmatch(value)
    return None if sound else ("this is no name for a sink", "use 1 to 40 of a-z, 0-9, _ and -")


def _allow(value: Any, _: Said) -> _Wrong | None:
    try:
        networks(value if isinstance(value, list) else [value])
    except (ValueError, TypeError) as error:
        return f"allow: {error}", "write allow: [10.1.0.0/16]"
    return None if isinstance(value, list) else ("allow must be a list of networks", "write allow: [10.1.0.0/16]")


def _timeout(value: Any, _: Said) -> _Wrong | None:
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 30
    return None if sound else ("timeout_s must be 1 to 30 seconds", "15 is usual")


def wrong_url(value: Any, said: Said) -> _Wrong | None:
    """What is wrong with an address that a sink posts to, and what to do; None where nothing is."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "this is no address", "write https://host/path"
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        return "this is no address", "write https://host/path"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "an address holds no credentials and no fragment", "put what is secret into a file"
    if parts.scheme == "http" and not said.get("allow"):
        return "an address outside allow: must be https", "use https, or name the private network under allow:"
    return _host(host, said)


def _host(value: Any, said: Said) -> _Wrong | None:
    """A name is checked when it is connected to; an address can be checked now."""
    if not isinstance(value, str) or not _HOST.fullmatch(value) or odd_number(value):
        return "this is no host", "write its name, or its address as a.b.c.d"
    try:
        allowed = networks(said.get("allow", []))
    except (ValueError, TypeError):
        return None  # told already
    reason = refusal(value, allowed)
    if reason is None or reason.endswith("no IP address"):
        return None
    return reason, "if it is meant, give its network under allow:"


def _peers(value: Any, said: Said) -> _Wrong | None:
    if not isinstance(value, list) or not value:
        return "peers must be a list of addresses", "write peers: [https://am-0.example:9093]"
    return next((wrong for wrong in (wrong_url(one, said) for one in value) if wrong is not None), None)


def _flag(value: Any, _: Said) -> _Wrong | None:
    return None if isinstance(value, bool) else ("this must be true or false", "starttls: true is usual")


def _port(value: Any, _: Said) -> _Wrong | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65_536
    return None if sound else ("port must be 1 to 65535", "587 is usual")


def _sender(value: Any, _: Said) -> _Wrong | None:
    sound = isinstance(value, str) and ADDRESS.fullmatch(value)
    return None if sound else ("from must be one mail address", "write from: policy@example.com")


def _text(value: Any, _: Said) -> _Wrong | None:
    return None if isinstance(value, str) and value else ("this must be a text", "quote it")


_CHECKS: Mapping[str, Callable[[Any, Said], _Wrong | None]] = {
    "name": _name, "allow": _allow, "timeout_s": _timeout, "url": wrong_url, "read_url": wrong_url, "host": _host,
    "peers": _peers, "starttls": _flag, "port": _port, "from": _sender, "username": _text, "ca_file": _text,
}  # fmt: skip

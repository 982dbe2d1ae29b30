"""What an HTTP answer means for a delivery: sent, later, or never; and what of it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from streams.enforcement.outbox.delivery import Attempt, Ending
from streams.enforcement.sinks.secrets import Secret, redacted

MOST_DETAIL = 200  # characters
MOST_KEPT = 4_096  # bytes of an answer that the ledger keeps

Judge = Callable[[int], tuple[Ending, bool]]
"""An HTTP status → how the attempt ended, and whether that is certain."""

_BUSY = (429, 502, 503, 504)
_UNSHOWN = re.compile(r"[^\x20-\x7e\xa0-\xac\xae-\u1fff\u2030-\u205e\u2070-\ud7ff]+")


def judged(status: int) -> tuple[Ending, bool]:
    """As Standard Webhooks has it: only 2xx succeeds; 409 is the same message under way; redirects are never followed.

    Time-outs, throttling and server errors may pass; whatever else the other side refuses it will refuse again.
    """
    if 200 <= status < 300:
        return Ending.SENT, True
    if status in (408, 409, 429) or status >= 500:
        return Ending.LATER, status in (429, 503)
    return Ending.REFUSED, True


def attempt_of(status: int, headers: Mapping[str, str], body: bytes, now_ms: int, judge: Judge = judged,
               secrets: Sequence[Secret] = ()) -> Attempt:  # fmt: skip
    """An answer as an attempt. headers: names in lower case; body: as much of it as was read."""
    ending, certain = judge(status)
    wait = retry_after(headers.get("retry-after", ""), now_ms) if status in _BUSY else None
    told = "" if ending is Ending.SENT else shown(body.decode("utf-8", "replace"), secrets)
    about = f"HTTP {status}: {told}" if told else f"HTTP {status}"
    return Attempt(ending, status, shown(about, secrets), wait, certain, kept(body, secrets))


def retry_after(value: str, now_ms: int) -> int | None:
    """How long a Retry-After header asks to wait, in ms: seconds or an HTTP date; None where it says nothing sound."""
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text) * 1000
    try:
        return max(round(parsedate_to_datetime(text).timestamp() * 1000) - now_ms, 0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def shown(text: str, secrets: Sequence[Secret] = ()) -> str:
    """A text from outside as a detail: one line of printable characters, without secrets, not too long."""
    safe = _UNSHOWN.sub(" ", redacted(text, secrets)).strip()
    return safe if len(safe) <= MOST_DETAIL else safe[: MOST_DETAIL - 1] + "…"


def kept(body: bytes, secrets: Sequence[Secret] = ()) -> dict[str, Any]:
    """The JSON object that was answered, or the beginning of its text; nothing that a database cannot keep."""
    text = redacted(body[:MOST_KEPT].decode("utf-8", "replace"), secrets)
    found = _object(text) if len(body) <= MOST_KEPT else None
    told = shown(text)
    return found if found is not None else {"text": told} if told else {}


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) and "\\u0000" not in text else None

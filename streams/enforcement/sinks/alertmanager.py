"""Pages through Alertmanager's API v2, at every peer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from detectors.alert import SEVERITIES
from streams.alert_lines import rfc3339
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import PAGE, PAGE_CLOSED
from streams.enforcement.sinks.answers import shown
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.page import clipped, digest, page_of
from streams.enforcement.sinks.posting import Posting

LASTS_MS = 24 * 3_600_000
"""How long a page stays when nobody closes it: Alertmanager forgets what is not told again, and we tell once."""

_MOST_ANNOTATION = 2_048
_PATH = "/api/v2/alerts"


class Alertmanager:
    """Posts to every peer; sent once any has it, for peers share what they notified. peers: their base URLs."""

    def __init__(self, name: str, peers: Sequence[str], connecting: Connecting, timeout_s: float = 15,
                 ca_file: Path | None = None) -> None:  # fmt: skip
        self.name = name
        self._peers = tuple(peer.rstrip("/") for peer in peers)
        self._posting = Posting(connecting.client(timeout_s / max(len(self._peers), 1), ca_file))

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        """Try every peer once."""
        if delivery.type not in (PAGE, PAGE_CLOSED):
            return Attempt(Ending.REFUSED, detail=f"Alertmanager takes pages, not {delivery.type}")
        body, headers = msgspec.json.encode(alerts_of(delivery, now_ms)), {"content-type": "application/json"}
        left = None if delivery.not_after_ms is None else delivery.not_after_ms - now_ms
        found = [self._posting.post(peer + _PATH, body, headers, now_ms, left) for peer in self._peers]
        return _joined(list(zip(self._peers, found, strict=True)))

    def close(self) -> None:
        """Let go of connections."""
        self._posting.client.close()


def alerts_of(delivery: Delivery, now_ms: int) -> list[dict[str, Any]]:
    """A page as Alertmanager's alerts. Labels make its identity, so they hold what its close is sure to know too.

    A severity may have risen since the page was opened: closing names each. Clause and rule are annotations.
    """
    page = page_of(delivery)
    labels = {"alertname": "TipstaffPage", "page": digest(delivery.subject)}
    closed = delivery.type == PAGE_CLOSED
    times = {"startsAt": rfc3339(delivery.time_ms), "endsAt": rfc3339(now_ms if closed else now_ms + LASTS_MS)}
    annotations = {_name(name): clipped(text, _MOST_ANNOTATION) for name, text in page.details.items()}
    annotations |= {"summary": clipped(page.summary, _MOST_ANNOTATION)}
    link = {"generatorURL": page.link} if page.link else {}
    severities = SEVERITIES if closed else (page.severity,)
    return [{"labels": labels | {"severity": severity},
             "annotations": annotations, **(_ended(times, now_ms) if closed else times), **link}
            for severity in severities]  # fmt: skip


def _ended(times: dict[str, str], now_ms: int) -> dict[str, str]:
    return times if times["startsAt"] <= times["endsAt"] else times | {"startsAt": rfc3339(now_ms)}


def _name(text: str) -> str:
    """A name that Alertmanager takes, before and after UTF-8 names."""
    safe = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in clipped(text, 64))
    return f"_{safe}" if not safe or safe[0].isdigit() else safe


def _joined(found: Sequence[tuple[str, Attempt]]) -> Attempt:
    failed = [(peer, one) for peer, one in found if one.ending is not Ending.SENT]
    told = shown("; ".join(f"{urlsplit(peer).netloc}: {one.detail}" for peer, one in failed))
    if len(failed) < len(found):
        sent = next(one for _, one in found if one.ending is Ending.SENT)
        about = f"{len(found) - len(failed)} of {len(found)} peers took it; {told}" if failed else ""
        return Attempt(Ending.SENT, sent.status, shown(about))
    later = [one for _, one in failed if one.ending is Ending.LATER]
    waits = [one.retry_after_ms for one in later if one.retry_after_ms is not None]
    ending = Ending.LATER if later else Ending.REFUSED
    return Attempt(ending, (later or [one for _, one in failed])[0].status, told, min(waits, default=None))

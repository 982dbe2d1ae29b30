"""Pages into a Slack channel through an incoming webhook, whose address is itself the secret."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import PAGE, PAGE_CLOSED
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.page import Page, clipped, page_of
from streams.enforcement.sinks.posting import Posting
from streams.enforcement.sinks.secrets import Secret

MOST_HEADER, MOST_SECTION, MOST_FIELD, MOST_FIELDS, MOST_URL = 150, 3_000, 2_000, 10, 3_000
"""Slack's limits of one block, in characters and fields."""

MOST_TEXT = 12_000  # characters of a whole message; Slack's limit lies near 13,200


class Slack:
    """Posts to one channel. url: the incoming webhook's."""

    def __init__(self, name: str, url: Secret, connecting: Connecting, timeout_s: float = 15) -> None:
        self.name = name
        self._url = url
        self._posting = Posting(connecting.client(timeout_s), (url,))

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        """Try once."""
        if delivery.type not in (PAGE, PAGE_CLOSED):
            return Attempt(Ending.REFUSED, detail=f"Slack takes pages, not {delivery.type}")
        message = msgspec.json.encode(message_of(page_of(delivery), delivery.type == PAGE_CLOSED))
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        left = None if delivery.not_after_ms is None else delivery.not_after_ms - now_ms
        return self._posting.post(self._url.reveal(), message, headers, now_ms, left)

    def close(self) -> None:
        """Let go of connections."""
        self._posting.client.close()


def message_of(page: Page, closed: bool) -> dict[str, Any]:
    """A page as Slack shows it: `text` for notifications, blocks for the channel."""
    head = f"{'Closed' if closed else page.severity.capitalize()}: {page.summary}"
    header = {"type": "header", "text": {"type": "plain_text", "text": clipped(head, MOST_HEADER), "emoji": False}}
    blocks: list[dict[str, Any]] = [header, _section(escaped(page.summary, MOST_SECTION))]
    fields = _fields(page)
    blocks += [{"type": "section", "fields": fields}] if fields and not closed else []
    blocks += [_section(f"<{_link(page.link)}|Open in tipstaff>")] if page.link and len(page.link) < 1_000 else []
    return {"text": escaped(head, MOST_SECTION), "blocks": blocks}


def escaped(text: str, most: int) -> str:
    """A text as data: it can name no user, channel or link. most: characters, after escaping."""
    parts: list[str] = []
    room = most - 1
    for sign in text:
        part = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(sign, sign)
        room -= len(part)
        if room < 0:
            return "".join(parts) + "…"
        parts.append(part)
    return "".join(parts)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _fields(page: Page) -> list[dict[str, Any]]:
    shown = list(page.details.items())[:MOST_FIELDS]
    most = min(MOST_FIELD, (MOST_TEXT - 3 * MOST_SECTION) // MOST_FIELDS)
    return [{"type": "plain_text", "text": clipped(f"{name}: {text}", most), "emoji": False} for name, text in shown]


def _link(url: str) -> str:
    return escaped(url.replace("|", "%7C").replace(" ", "%20"), MOST_URL)

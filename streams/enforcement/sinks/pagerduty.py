"""Pages through PagerDuty's Events API v2, and the acknowledgement read back."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Protocol

import httpx
import msgspec

from streams.alert_lines import rfc3339
from streams.enforcement.outbox.acknowledging import Acknowledged, CannotRead
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import PAGE, PAGE_CLOSED
from streams.enforcement.sinks.answers import judged
from streams.enforcement.sinks.connecting import AddressRefused, Connecting
from streams.enforcement.sinks.page import clipped, key, page_of
from streams.enforcement.sinks.posting import MOST_READ, Posting
from streams.enforcement.sinks.secrets import Secret

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"
INCIDENTS_URL = "https://api.pagerduty.com/incidents"
_SEVERITIES = {"info": "info", "low": "warning", "medium": "warning", "high": "error", "critical": "critical"}
_MOST_WAIT_S = 5.0  # for an answer to a question
_MOST_SUMMARY, _MOST_DETAIL, _MOST_DETAILS = 1_024, 1_024, 40


class Incidents(Protocol):
    """Reads incidents."""

    def incident(self, dedup_key: str) -> dict[str, Any] | None:
        """The newest incident of a key, as PagerDuty's REST API gives it. Raises CannotRead."""

    def close(self) -> None:
        """Let go of connections."""


class PagerDuty:
    """Opens and closes incidents. routing_key: of the service; incidents: reads back, None where that is not set up."""

    def __init__(self, name: str, routing_key: Secret, connecting: Connecting, incidents: Incidents | None = None,
                 url: str = EVENTS_URL, timeout_s: float = 15) -> None:  # fmt: skip
        self.name = name
        self._url, self._routing_key, self._incidents = url, routing_key, incidents
        self._posting = Posting(connecting.client(timeout_s), (routing_key,), _judged)

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        """Try once."""
        if delivery.type not in (PAGE, PAGE_CLOSED):
            return Attempt(Ending.REFUSED, detail=f"PagerDuty takes pages, not {delivery.type}")
        event = _opened(delivery) if delivery.type == PAGE else {"event_action": "resolve"}
        event |= {"routing_key": self._routing_key.reveal(), "dedup_key": key(delivery)}
        left = None if delivery.not_after_ms is None else delivery.not_after_ms - now_ms
        return self._posting.post(self._url, msgspec.json.encode(event), _HEADERS, now_ms, left)

    @property
    def reads_back(self) -> bool:
        """Whether it is set up to be asked."""
        return self._incidents is not None

    def acknowledged(self, delivery: Delivery) -> Acknowledged | None:
        """Who took the page; None where nobody did, or nothing is set up to ask. Raises CannotRead."""
        found = self._incidents.incident(key(delivery)) if self._incidents is not None else None
        taken = found.get("acknowledgements") if found else None
        if not isinstance(taken, list) or not taken:
            return None
        try:
            last = msgspec.convert(taken[-1], _Taken)
        except msgspec.ValidationError:
            raise CannotRead("PagerDuty's acknowledgement is in a shape that is not known") from None
        return Acknowledged(last.acknowledger.summary, last.at, "PagerDuty")

    def close(self) -> None:
        """Let go of connections."""
        self._posting.client.close()
        if self._incidents is not None:
            self._incidents.close()


class RestIncidents:
    """Incidents by PagerDuty's REST API. api_key: a read-only one is enough.

    An answer may take some seconds and no longer: a question is asked again, and who ends the process waits for it.
    """

    def __init__(
        self, api_key: Secret, connecting: Connecting, url: str = INCIDENTS_URL, timeout_s: float = 15
    ) -> None:
        self._client, self._api_key, self._url = connecting.client(min(timeout_s, _MOST_WAIT_S)), api_key, url

    def incident(self, dedup_key: str) -> dict[str, Any] | None:
        """The newest incident of a key. Raises CannotRead."""
        headers = {"accept": "application/vnd.pagerduty+json;version=2", "accept-encoding": "identity",
                   "authorization": f"Token token={self._api_key.reveal()}"}  # fmt: skip
        asked = {"incident_key": dedup_key, "sort_by": "created_at:desc", "limit": "1", "date_range": "all"}
        try:
            with self._client.stream("GET", self._url, params=asked, headers=headers) as answer:
                return _first(answer.status_code, b"".join(_bounded(answer)))
        except (httpx.HTTPError, AddressRefused) as error:
            raise CannotRead(f"PagerDuty cannot be asked: {type(error).__name__}") from None

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


class _Who(msgspec.Struct):
    summary: str = ""


class _Taken(msgspec.Struct):
    at: str = ""
    acknowledger: _Who = field(default_factory=_Who)


_HEADERS = {"content-type": "application/json", "accept-encoding": "identity"}


def _judged(status: int) -> tuple[Ending, bool]:
    """A repeated event with the same key is one incident, so whether it was applied never matters."""
    return (Ending.REFUSED, True) if status == 409 else (judged(status)[0], True)


def _opened(delivery: Delivery) -> dict[str, Any]:
    page = page_of(delivery)
    details = {clipped(name, 100): clipped(text, _MOST_DETAIL) for name, text in page.details.items()}
    payload = {
        "summary": clipped(page.summary, _MOST_SUMMARY), "source": "tipstaff", "class": clipped(page.rule, 255),
        "group": clipped(page.clause, 255), "severity": _SEVERITIES[page.severity],
        "timestamp": rfc3339(delivery.time_ms), "custom_details": dict(list(details.items())[:_MOST_DETAILS]),
    }  # fmt: skip
    links = [{"href": page.link, "text": "tipstaff"}] if page.link else []
    return {"event_action": "trigger", "payload": payload, "links": links}


def _bounded(answer: httpx.Response) -> list[bytes]:
    found: list[bytes] = []
    for part in answer.iter_raw():
        found.append(part)
        if sum(map(len, found)) > 8 * MOST_READ:
            raise CannotRead("PagerDuty answered more than it should")
    return found


def _first(status: int, body: bytes) -> dict[str, Any] | None:
    if status != 200:
        raise CannotRead(f"PagerDuty answered HTTP {status}")
    try:
        incidents = msgspec.json.decode(body, type=dict[str, Any]).get("incidents")
    except (msgspec.DecodeError, RecursionError):
        raise CannotRead("PagerDuty's answer is no JSON object") from None
    first = incidents[0] if isinstance(incidents, list) and incidents else None
    return first if isinstance(first, dict) else None

"""One POST over HTTP, whatever comes of it turned into an attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from streams.enforcement.outbox.delivery import Attempt, Ending
from streams.enforcement.sinks.answers import Judge, attempt_of, judged, shown
from streams.enforcement.sinks.connecting import AddressRefused
from streams.enforcement.sinks.secrets import Secret

MOST_READ = 64 * 1024  # bytes of an answer

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""What goes wrong before anything was sent."""


@dataclass(frozen=True)
class Posting:
    """Posts with a client. secrets: taken out of whatever comes back."""

    client: httpx.Client = field(repr=False)
    secrets: Sequence[Secret] = ()
    judge: Judge = judged

    def post(self, url: str, body: bytes, headers: Mapping[str, str], now_ms: int, left_ms: int | None = None,
             ) -> Attempt:  # fmt: skip
        """Try once. left_ms: how long the message may still leave; never raises for what the other side does."""
        try:
            timeout = self.client.timeout if left_ms is None else _within(self.client.timeout, left_ms)
            with self.client.stream("POST", url, content=body, headers=dict(headers), timeout=timeout) as answer:
                return attempt_of(answer.status_code, answer.headers, _begun(answer), now_ms, self.judge, self.secrets)
        except AddressRefused as refused:
            return Attempt(Ending.LATER, detail=shown(str(refused), self.secrets))
        except _NEVER_LEFT as error:
            return Attempt(Ending.LATER, detail=f"could not connect: {type(error).__name__}")
        except httpx.HTTPError as error:  # its text may hold the address, which may be a secret
            return Attempt(Ending.LATER, detail=f"no answer: {type(error).__name__}", certain=False)
        except (httpx.InvalidURL, ValueError) as error:
            return Attempt(Ending.REFUSED, detail=f"cannot be sent: {type(error).__name__}")


def _begun(answer: httpx.Response) -> bytes:
    """The first bytes of an answer, as they came: nothing is unpacked, so nothing can swell."""
    found = b""
    try:
        for part in answer.iter_raw():
            found += part
            if len(found) >= MOST_READ:
                break
    except httpx.HTTPError:
        pass  # the status has been said; the rest is only for people
    return found[:MOST_READ]


def _within(limit: httpx.Timeout, left_ms: int) -> httpx.Timeout:
    connect = max(min(limit.connect or left_ms / 1000, left_ms / 1000), 0.001)
    return httpx.Timeout(limit.read, connect=connect)

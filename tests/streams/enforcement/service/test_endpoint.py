"""What the process shows over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from streams.enforcement.service.endpoint import desired_route
from streams.enforcement.sinks.secrets import Secret
from streams.serving.health import health_server

TOKEN = {"Authorization": "Bearer open sesame"}


def asked(desired: Callable[[], Mapping[str, Any]], token: str | None, *headers: Mapping[str, str]) -> list[Any]:
    """The answers to GET /desired with each of these headers."""

    async def ask() -> list[Any]:
        def well() -> tuple[bool, Mapping[str, Any]]:
            return True, {}

        route = desired_route(desired, None if token is None else Secret(token))
        async with (
            health_server(0, well, well, CollectorRegistry(), [route]) as address,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            return [await client.get(f"http://{address}/desired", headers=dict(one)) for one in headers]

    return asyncio.run(ask())


def state() -> Mapping[str, Any]:
    return {"as_of": "now", "etag": "abc", "accounts": [{"account_id": "acme"}]}


def test_it_is_for_who_has_the_token() -> None:
    """Without the token nothing is shown; where there is none, to nobody."""
    wrong = {"Authorization": "Bearer open barley"}
    bare = {"Authorization": "open sesame"}
    assert [one.status_code for one in asked(state, "open sesame", {}, wrong, bare, TOKEN)] == [401, 401, 401, 200]
    assert [one.status_code for one in asked(state, None, {}, TOKEN)] == [403, 403]


def test_what_is_known_is_not_sent_again() -> None:
    """With the ETag of what is in force the answer is 304, with another the whole state."""
    first, same, weak, other = asked(state, "open sesame", TOKEN, {**TOKEN, "If-None-Match": '"abc"'},
                                     {**TOKEN, "If-None-Match": '"x", W/"abc"'},
                                     {**TOKEN, "If-None-Match": '"abd"'})  # fmt: skip
    assert (first.headers["ETag"], first.json()["accounts"]) == ('"abc"', [{"account_id": "acme"}])
    assert [one.status_code for one in (same, weak, other)] == [304, 304, 200]


def test_a_broken_ledger_tells_nothing_of_itself() -> None:
    """Where the ledger cannot be read the answer is 503, without the error's text."""

    def broken() -> Mapping[str, Any]:
        raise RuntimeError("postgresql://user:password@host")

    (answer,) = asked(broken, "open sesame", TOKEN)
    assert answer.status_code == 503
    assert "password" not in answer.text

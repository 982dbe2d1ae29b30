"""What enforcement answers over HTTP besides health and metrics: the desired state, for whoever would rather pull."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from streams.enforcement.sinks.secrets import Secret

Desired = Callable[[], Mapping[str, Any]]
"""What is to be in force now, as `desired_state` gives it."""


def desired_route(desired: Desired, token: Secret | None) -> web.RouteDef:
    """GET /desired: with an ETag, only for who has the token; nobody where there is none."""

    async def answer(request: web.Request) -> web.Response:
        if token is None:
            return _refused(403, "set TIPSTAFF_ENFORCE_DESIRED_TOKEN_FILE to let the desired state be read here")
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {token.reveal()}".encode()):
            return _refused(401, "send the token of TIPSTAFF_ENFORCE_DESIRED_TOKEN_FILE as a bearer token")
        try:
            found = await asyncio.to_thread(desired)
        except Exception:  # what the database says is in the log, and no business of who asks
            return _refused(503, "the ledger cannot be read now")
        return _tagged(found, request.headers.get("If-None-Match", ""))

    return web.get("/desired", answer)


def _tagged(found: Mapping[str, Any], known: str) -> web.Response:
    tag = f'"{found["etag"]}"'
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(body=msgspec.json.encode(found), content_type="application/json",
                        headers={"ETag": tag, "Cache-Control": "no-cache"})  # fmt: skip


def _refused(status: int, reason: str) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return web.json_response({"reason": reason}, status=status, headers=headers)

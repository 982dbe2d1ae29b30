"""What came in over HTTP, before anything of it is believed: where it came from, and what its body holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec
from aiohttp import web

MOST_BYTES = 64 * 1024
"""No body is longer."""

BODY_S = 15.0
"""How long a body may take to come."""

_MOST_FIELDS = 40
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Turned(Exception):
    """A request that is not looked at further: the HTTP status, and why, in words for whoever sent it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def check_origin(request: web.Request) -> None:
    """Only our own pages, and programs that are no browsers, send reports. Raises Turned."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        ours = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower()
    if not ours:
        raise Turned(403, "This was sent from another site. Please open the form here, and send it from here.")


async def form_of(request: web.Request) -> dict[str, str]:
    """The fields of a form. Raises Turned."""
    body = await _body(request, FORM, "Forms are taken as application/x-www-form-urlencoded; files are not taken.")
    try:
        told = parse_qsl(body.decode("ascii"), True, True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:  # of which what is no Unicode is one
        raise Turned(400, "This is no form that we can read.") from None
    if len(dict(told)) < len(told):
        raise Turned(400, "This names a field twice.")
    return dict(told)


async def json_of(request: web.Request) -> Mapping[str, object]:
    """The object of a JSON body. Raises Turned."""
    body = await _body(request, JSON, "Reports are taken as application/json; files are not taken.")
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (ValueError, RecursionError):
        raise Turned(400, "This is no JSON object.") from None


async def _body(request: web.Request, wanted: str, hint: str) -> bytes:
    plain = (request.charset or "utf-8").lower() in ("utf-8", "us-ascii") and "Content-Encoding" not in request.headers
    if request.content_type != wanted or not plain:
        raise Turned(415, hint)
    try:
        return await asyncio.wait_for(request.read(), BODY_S)
    except web.HTTPRequestEntityTooLarge:
        raise Turned(413, f"This is too long: at most {MOST_BYTES // 1024} KiB are taken.") from None
    except TimeoutError:
        raise Turned(408, "This came too slowly. Please try again.") from None

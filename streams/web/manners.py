"""What every answer of the page carries, and what every request that changes something must."""

from __future__ import annotations

import asyncio
import hmac

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                               "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
"""On every answer: nothing from elsewhere, nothing in a frame, nothing kept."""

CSRF = "X-Tipstaff-CSRF"
"""The header that scripts send a session's token in."""

_OURS = "same-origin"
_BODY_S = 20


class TooLong(Exception):
    """A body of more bytes than are taken, or that took too long to come."""


def foreign(request: web.Request) -> str | None:
    """Why a request that changes something is not taken for one of our own pages'; None where it is.

    Another port of the same host is another page. Forms that no script sends name no origin, since our pages send no
    referrer; then the browser's word on the site is needed.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin != f"{request.scheme}://{request.host}" and not (origin == "null" and site == _OURS):
        return "it does not come from this page (Origin)"
    return None if site in (None, _OURS) else "it does not come from this page (Sec-Fetch-Site)"


def same(given: str, expected: str) -> bool:
    """Whether two tokens are one, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


async def body(request: web.Request, most: int) -> bytes:
    """A request's body. Raises TooLong."""
    if (request.content_length or 0) > most:
        raise TooLong(f"at most {most:,} bytes are taken")
    read = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for part in request.content.iter_chunked(64 * 1024):
                read += part
                if len(read) > most:
                    raise TooLong(f"at most {most:,} bytes are taken")
    except TimeoutError:
        raise TooLong(f"it did not come within {_BODY_S} s") from None
    return bytes(read)

"""The page's own style, scripts and picture: read once, from the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from aiohttp import web

_KINDS = {".css": "text/css", ".mjs": "text/javascript", ".svg": "image/svg+xml"}


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """Content and content type by name."""
    found = (one for one in files("streams.web").joinpath("static").iterdir() if one.is_file())
    return {one.name: (one.read_bytes(), _KINDS[f".{one.name.rpartition('.')[2]}"]) for one in found}


async def static_file(request: web.Request) -> web.StreamResponse:
    """GET /static/NAME."""
    found = static_files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=found[0], content_type=found[1], charset="utf-8")

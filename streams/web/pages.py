"""All routes of the built-in page; each view is shown only to who is logged in."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from streams.web.counter import Counter
from streams.web.doors import Inside
from streams.web.entrance import Entrance
from streams.web.frame import framed
from streams.web.office import Missing, View
from streams.web.routes import VIEWS
from streams.web.site import Handler, Site, html, refused
from streams.web.static_files import static_file

_MOST_ASKED = 32


def page_routes(site: Site, views: Mapping[str, View] = VIEWS) -> list[web.RouteDef]:
    """Every route of a site; the last one takes what no other route does."""
    entrance = Entrance(site)
    shown = [web.get(path, site.mannered(_viewed(site, entrance, view))) for path, view in views.items()]
    rest = [web.get("/static/{name}", site.mannered(static_file)), web.route("*", "/{rest:.*}", site.mannered(_none))]
    return [*entrance.routes(), *Counter(site).routes(), *shown, *rest]


def _viewed(site: Site, entrance: Entrance, view: View) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        inside = await site.inside(request)
        if inside is None:
            return await entrance.closed(request)
        return await site.look(lambda: _page(site, inside, view, request.path, _names(request)))

    return answer


def _page(site: Site, inside: Inside, view: View, path: str, names: Mapping[str, str]) -> web.Response:
    try:
        page = view(site.office, inside.viewer, names)
    except Missing:
        why = "There is nothing of that name that your roles may see."
        return refused(404, "Not found", why, framed(site.office, inside, path))
    return html(page, framed(site.office, inside, path))


def _names(request: web.Request) -> dict[str, str]:
    """The path's names and the query's; the path's own win."""
    asked = dict(list(request.query.items())[:_MOST_ASKED])
    return {**asked, **request.match_info}


async def _none(_: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound

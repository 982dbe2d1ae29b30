"""Pages as text: templates that escape whatever they are given, and fail on a name that nobody filled in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from streams.enforcement.people.roles import may as may_by_role
from streams.web import places
from streams.web.frame import OUTSIDE, Frame
from streams.web.office import Page, Viewer
from streams.web.visible import visible

LOOKING_ONLY = "the start link lets you look only: commands are signed with a credential (tipstaff people add)"

May = Callable[..., str | None]
"""Whether the viewer may do something: None, or why not; its arguments are those of `may` after the roles."""


@cache
def environment() -> Environment:
    """The templates; text that could turn a line around or hide in it is written out everywhere."""
    found = Environment(loader=PackageLoader("streams.web"), autoescape=True, undefined=StrictUndefined,
                        finalize=visible, trim_blocks=True, lstrip_blocks=True, auto_reload=False)  # fmt: skip
    found.globals["places"] = places
    return found


def rendered(page: Page, frame: Frame = OUTSIDE) -> str:
    """A page as HTML. A view's data cannot replace what stands around it."""
    filled = {**page.data, "title": page.title, "frame": frame, "viewer": frame.viewer, "may": may_of(frame.viewer)}
    return environment().get_template(page.template).render(filled)


def may_of(viewer: Viewer | None) -> May:
    """What templates ask before they offer a command."""

    def may(verb: str, rung: str | None = None, restricted: bool = False, about: str | None = None) -> str | None:
        if viewer is None or viewer.name is None:
            return LOOKING_ONLY
        return may_by_role(viewer.roles, verb, rung, restricted, about)

    return may

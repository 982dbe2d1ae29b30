"""One Chromium and one running process for all that is looked at through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from web_browser.chromium import Person, chromium
from web_browser.scene import Scene, scene


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that was lent."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Scene]:
    """A run of its own for each file of tests, which change what it holds; none where there is no browser."""
    with scene(tmp_path_factory.mktemp("run")) as one:
        yield one


@pytest.fixture
def visitor(browser: Browser, run: Scene) -> Iterator[Callable[..., Person]]:
    """Makes people at windows of their own, which in the end have nothing to complain of."""
    came: list[Person] = []

    def comes(name: str | None = None, path: str = "/", **window: object) -> Person:
        person = Person(browser, run.page, **window)
        came.append(person)
        person.page.goto(path)
        if name is not None:
            person.logs_in(run.credential(name))
        return person

    yield comes
    for person in came:
        person.leaves()

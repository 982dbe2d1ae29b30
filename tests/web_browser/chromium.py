"""The Chromium that `make test-web` lends, and people who look through it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_PROGRAM, _LIBRARIES = "TIPSTAFF_TEST_CHROMIUM", "TIPSTAFF_TEST_CHROMIUM_LIBRARIES"
_ANSWERED = "Failed to load resource: the server responded with a status of 40"
"""What the console says where a page or a command is refused, which is meant."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own; skips the test where there is none. As root it cannot have its sandbox."""
    program = os.environ.get(_PROGRAM)
    if program is None:
        pytest.skip(f"{_PROGRAM} is not set: make test-web")
    found = os.pathsep.join(filter(None, (os.environ.get(_LIBRARIES), os.environ.get("LD_LIBRARY_PATH"))))
    environment: dict[str, str | float | bool] = {**os.environ, **({"LD_LIBRARY_PATH": found} if found else {})}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, env=environment,
                                             chromium_sandbox=os.geteuid() != 0)  # fmt: skip
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at a window of their own. complaints: what the console said, and what was asked of other addresses."""

    def __init__(self, browser: Browser, address: str, **window: Any) -> None:
        self.context = browser.new_context(base_url=address, **window)
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self._addresses = [address]
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._asked)
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_ANSWERED):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(tuple(f"{one}/" for one in self._addresses)):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def address_too(self, address: str) -> None:
        """Somewhere else that they may go."""
        self._addresses.append(address)

    def logs_in(self, credential: Path) -> None:
        """By their file, on whatever page they are."""
        self.page.get_by_label("Credential file").set_input_files(credential)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("navigation", name="Places").wait_for()

    def does(self, form: str, within: str = "main", **fields: str) -> str:
        """Fill in a form by how its name begins and the names of its fields, send it, and say how it was answered."""
        asked = self.page.locator(f"{within} form.command[aria-label^={_quoted(form)}]").first
        for name, value in fields.items():
            field = asked.locator(f"[name={name}]")
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.page.evaluate("document.getElementById('flash').replaceChildren()")  # what the last one was answered
        asked.locator("button[type=submit]").click()
        answered = self.page.locator("#flash:not(:empty), .answer[data-ending=refused]").first
        answered.wait_for()
        self.page.wait_for_load_state()
        return answered.inner_text()

    def leaves(self) -> None:
        """Close the window; nothing may have been said on the console, or asked of anybody else."""
        pwned = self.page.evaluate("window.__pwned")  # the window of the last page
        self.context.close()
        assert pwned is None, "a string of an event was run"
        assert self.complaints == []


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

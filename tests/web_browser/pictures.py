"""Pictures of the built-in page for the README: a real run over the simulated cloud, its demo's people and policy.

PYTHONPATH=.:tests python -m web_browser.pictures docs/images, or `make pictures`.
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from web_browser.chromium import Person, chromium
from web_browser.simulated import simulated

_WIDE, _HIGH = 1280, 860


def main() -> None:
    """Take them all."""
    into = Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, simulated(Path(folder)) as run, chromium() as browser:
        ann = Person(browser, run.page, viewport={"width": _WIDE, "height": _HIGH}, color_scheme="light",
                     reduced_motion="reduce")  # fmt: skip
        ann.page.goto("/")
        ann.logs_in(run.credential("ann"))
        for name, path in _places(ann).items():
            ann.page.goto(path)
            _keep(ann.page.screenshot(animations="disabled"), into / f"{name}.png")
        ann.leaves()


def _keep(picture: bytes, path: Path) -> None:
    """With 256 colours, which is all that text and plots need, it is a third as large."""
    with Image.open(BytesIO(picture)) as whole:
        whole.convert("RGB").quantize(256).save(path, optimize=True)


def _places(ann: Person) -> dict[str, str]:
    """Where to look: an account that was suspended, its alert, its case."""
    ann.page.goto("/actions?state=all")
    suspended = ann.page.locator("tbody tr", has_text="suspend").first
    account = str(suspended.locator("td:nth-child(3) a").get_attribute("href"))
    ann.page.goto(account)
    alert = str(ann.page.locator("section:has(#alerts) tbody a").first.get_attribute("href"))
    case = str(ann.page.locator("section:has(#cases) tbody a").first.get_attribute("href"))
    return {"overview": "/", "alert": alert, "account": account, "actions": "/actions", "case": case}


if __name__ == "__main__":
    main()

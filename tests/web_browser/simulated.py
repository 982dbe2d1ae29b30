"""The demo's run over its simulated cloud, as `tipstaff demo` makes it, with the built-in page; for pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from web_browser.scene import Scene

from streams.cli.demo_stage import DEMO_PACK, demo_stage
from streams.cli.run_page import RunPage
from streams.cli.screen import settings_of
from streams.pack import read_pack
from streams.serving.health_beside import health_beside
from streams.session import Input, open_session
from streams.simulator import Cloud
from streams.web.pages import page_routes
from streams.web.site import Site

if TYPE_CHECKING:
    from streams.cli.run_acting import RunActing

_SEED = 7


@contextmanager
def simulated(folder: Path, hours: float = 30.0) -> Iterator[Scene]:
    """The page, once the cloud's hours are over. Its enforcement has the stream's time, and so has its receiver."""
    pack, chosen = read_pack(DEMO_PACK), Input(simulate=True, seed=_SEED, hours=hours)
    with demo_stage(folder, pack, Cloud(_SEED, hours=hours)) as stage:
        session = open_session(chosen, pack, settings_of(data_dir=folder / "run"), _warn, stage.around)
        page = RunPage(session, pack, cast("RunActing", stage), simulated=True)  # what it asks for, a stage has too
        site = Site(page.office(), None, _warn)
        try:
            session.runner.run(lambda: False, page.heard)
            stage.finish()
            with health_beside(0, lambda: (True, {}), lambda: (True, {}), session.telemetry.registry,
                               page_routes(site)) as address:  # fmt: skip
                yield Scene(folder, f"http://{address}", "")
        finally:
            site.close()
            session.directory.release()


def _warn(text: str) -> None:
    sys.stderr.write(f"warning: {text}\n")

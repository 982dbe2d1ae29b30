"""`make soak`: all processes under load on a broker of their own; the figures, the verdict, and its exit code."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from broker import OwnBroker, topics_on
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from soak.figures import Figures
from soak.judging import findings
from soak.page import Told, page
from soak.soaking import soak

from streams.cli.screen import err

NOT_TO_BE_HAD = 69
PAGE = Path(__file__).parents[2] / "docs" / "soak.md"


def main() -> int:
    """Returns the exit code: 0 where it is passed, 1 where it is not, 69 where no broker is to be had."""
    asked = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that all processes end with us
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="tipstaff-soak-"))
    broker = OwnBroker(folder / "kafka")
    try:
        broker.start()
    except pytest.skip.Exception as skipped:
        err.print(f"no real broker here: {skipped.msg}", markup=False)
        return NOT_TO_BE_HAD
    try:
        return _run(asked, folder, broker)
    finally:
        broker.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=1, help="of the ids that are sent (default: %(default)s)")
    parser.add_argument("--no-page", action="store_true", help=f"leave {PAGE.parent.name}/{PAGE.name} as it is")
    return parser.parse_args()


def _run(asked: argparse.Namespace, folder: Path, broker: OwnBroker) -> int:
    began = datetime.now(UTC)
    figures, checks = _soaked(asked, folder / "run", broker)
    found = findings(figures)
    told = Told(_machine(), f"{began:%Y-%m-%d %H:%M} UTC", checks, _ledger(), found)
    text = page(figures, told)
    sys.stdout.write(text)
    if not asked.no_page:
        PAGE.write_text(text, encoding="utf-8")
    if found:
        err.print(f"what the processes said lies in {folder / 'run'}", markup=False)
    return 1 if found else 0


def _soaked(asked: argparse.Namespace, folder: Path, broker: OwnBroker) -> tuple[Figures, int]:
    folder.mkdir()
    shown = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    heard = 0.0

    def hear(share: float) -> None:
        nonlocal heard
        progress.update(task, completed=share)
        if not err.is_terminal and time.monotonic() > heard + 60:  # where nobody sees the bar
            heard = time.monotonic()
            err.print(f"{share:.0%} of {asked.minutes:g} min", markup=False)

    with Progress(*shown, console=err) as progress, topics_on(broker.bootstrap) as topic:
        task = progress.add_task("soaking", total=1.0)
        return soak(broker.bootstrap, topic, folder, asked.minutes * 60, asked.seed, hear)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def _ledger() -> str:
    return "PostgreSQL" if os.environ.get("TIPSTAFF_TEST_POSTGRES") else "SQLite"


if __name__ == "__main__":
    sys.exit(main())

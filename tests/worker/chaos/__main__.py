"""`make chaos`: the long form on a broker of its own; a table of what was done, the verdict, and its exit code."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from broker import OwnBroker
from rich.progress import Progress, TaskID
from worker.chaos.chaos_pack import write_pack
from worker.chaos.known_alerts import known_alerts
from worker.chaos.known_stream import KnownStream
from worker.chaos.ordeal import Ordeal, Row, ordeal
from worker.chaos.programmes import long, play, short
from worker.chaos.stage import staged
from worker.chaos.survival_verdict import Verdict

from streams.cli.screen import err, table

NOT_TO_BE_HAD = 69
_FORMS = {"long": (KnownStream(lanes=10, blocks=6), 60.0, 2), "short": (KnownStream(lanes=6, blocks=2), 60.0, 1)}
"""By name: what is fed, at how many records a second, and how many processes the second stage has."""
_SETTLES_S, _WORDS = 300, 40


def main() -> int:
    """Returns the exit code: 0 where nothing was lost, 1 where something was, 69 where no broker is to be had."""
    asked = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that all processes end with us
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="tipstaff-chaos-") as folder:
        try:
            with _broker(Path(folder)) as broker:
                return _run(asked, Path(folder), broker)
        except pytest.skip.Exception as skipped:
            err.print(f"no real broker here: {skipped.msg}", markup=False)
            return NOT_TO_BE_HAD


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--form", choices=_FORMS, default="long", help="how much of it (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all that chance decides (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    return parser.parse_args()


@contextmanager
def _broker(folder: Path) -> Iterator[OwnBroker]:
    broker = OwnBroker(folder / "kafka")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def _run(asked: argparse.Namespace, folder: Path, broker: OwnBroker) -> int:
    stream, rate, clusters = _FORMS[asked.form]
    first, second = write_pack(folder / "first"), write_pack(folder / "second", second=True)
    err.print("the embedded runner says what must come out")
    known = known_alerts(stream, first, second, folder)
    with (
        staged(broker.bootstrap, first) as stage,
        ordeal(stage, folder, stream, rate, asked.seed, second, broker, clusters=clusters) as of,
    ):
        acts = short(of) if asked.form == "short" else long(of, folder / "snapshots")
        of.feeder.start()
        with Progress(console=err) as progress:
            task = progress.add_task("acts", total=len(acts))
            play(of, acts, lambda row: _heard(progress, task, row))
        err.print("all is in; waiting until all is committed")
        of.settled(_SETTLES_S)
        found = of.verdict(known, stream)
        _tell(asked, of, found, len(stream.records()))
        return 1 if found.problems else 0


def _heard(progress: Progress, task: TaskID, row: Row) -> None:
    progress.advance(task)
    if not err.is_terminal:  # where nobody sees the bar
        err.print(f"{row.at_s:,.0f} s  {row.act}: {row.outcome}", markup=False)


def _tell(asked: argparse.Namespace, of: Ordeal, found: Verdict, records: int) -> None:
    took, itself = time.monotonic() - of.begun, sum(hand.stopped_itself for hand in of.everybody)
    figures = {"seed": asked.seed, "seconds": round(took), "records": records, "kills": of.kills,
               "of_the_second_stage": of.cluster_kills, "stopped_themselves": itself, **asdict(found)}  # fmt: skip
    if asked.json:
        sys.stdout.write(json.dumps({**figures, "acts": [asdict(row) for row in of.rows]}, indent=2) + "\n")
    else:
        table("what was done", ("after>", "act", "what came of it"),
              [(f"{row.at_s:,.0f} s", row.act, row.outcome) for row in of.rows])  # fmt: skip
        table("verdict", ("", ""), [(name.replace("_", " "), _shown(value)) for name, value in figures.items()])
    if found.problems:
        for hand in of.everybody:
            err.print(f"── the last words of {hand.name}\n{hand.last_words(_WORDS)}", markup=False)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "\n".join(value) or "none" if isinstance(value, list) else ""


if __name__ == "__main__":
    sys.exit(main())

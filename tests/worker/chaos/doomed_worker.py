"""`tipstaff worker` and `clusters` as the harness starts them: with small chunks, maybe doomed or at fault."""

from __future__ import annotations

import faulthandler
import os
import signal

import typer
from worker.chaos.altered import set_to
from worker.chaos.doom_places import PLACES, Fuse
from worker.chaos.no_teeth import FAULTS

from streams.cli.clusters import clusters
from streams.cli.worker import worker
from streams.worker.snapshots import slots
from streams.worker.transport import fetching

_PART_BYTES, _CHUNK_BYTES = 30_000, 5_000
"""So that a snapshot of this stream has several parts, and a backlog many chunks."""


def main() -> None:
    """Environment: CHAOS_DOOM=PLACE:NTH, CHAOS_FAULTS=names with commas; arguments: the command and its own."""
    faulthandler.register(signal.SIGUSR1)  # where every thread stands, even of a process that hangs
    set_to(slots, "PART_BYTES", _PART_BYTES)
    set_to(fetching, "CHUNK_BYTES", _CHUNK_BYTES)
    asked = [name for name in os.environ.get("CHAOS_FAULTS", "").split(",") if name]
    for name in (name for name in FAULTS if name in asked):
        FAULTS[name]()
    place, _, nth = os.environ.get("CHAOS_DOOM", "").partition(":")
    if place:
        PLACES[place].arm(Fuse(place, int(nth)))
    app = typer.Typer()
    app.command()(worker)
    app.command()(clusters)
    app()


if __name__ == "__main__":
    main()

"""`tipstaff demo`: a simulated cloud, what is caught in it, what is missed, and who is wrongly touched."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from detectors.alert import Alert
from streams.cli.demo_acts import tell_acts
from streams.cli.demo_report import campaigns_of, tell_report
from streams.cli.demo_stage import DEMO_PACK, demo_stage
from streams.cli.run import progress
from streams.cli.screen import out, settings_of, told
from streams.pack import read_pack
from streams.runner import Chunk
from streams.session import Input, Session, open_session
from streams.simulator import Cloud, Label


def demo(
    seed: Annotated[int, typer.Option(help="another seed, another cloud")] = 7,
    hours: Annotated[float, typer.Option(help="hours of simulated time")] = 30.0,
    data_dir: Annotated[Path, typer.Option(help="where the demo keeps its alerts; emptied first")] = Path(
        ".tipstaff/demo"
    ),
) -> None:
    """Run the main job over a simulated cloud and say what was caught, when and why, and what was done about it."""
    begun, cloud = time.monotonic(), Cloud(seed, hours=hours)
    labels = cloud.labels()
    _describe(labels, hours)
    if (data_dir / "VERSION").exists():
        shutil.rmtree(data_dir)
    settings = settings_of(data_dir=data_dir)
    alerts: list[Alert] = []
    with told(), demo_stage(data_dir / "enforcement", pack := read_pack(DEMO_PACK), cloud) as stage:
        chosen = Input(simulate=True, seed=seed, hours=hours)
        session = open_session(chosen, pack, settings, out.print, stage.around)
        try:
            _run(session, alerts)
        finally:
            session.directory.release()
        stage.finish()
        tell_report(labels, alerts)
        tell_acts(stage, [label.account_id for label in labels if not label.clause])
    took = time.monotonic() - begun
    events = session.runner.saved.records
    out.print(
        f"\n{events:,} events in {took:.1f} s ({events / took:,.0f} events/s, generating them included).", markup=False
    )
    out.print(f"See why:  tipstaff alerts list --data-dir {data_dir}", markup=False)
    if alerts:
        out.print(f"          tipstaff alerts explain {alerts[0].id[:8]} --data-dir {data_dir}", markup=False)
    at = f"--data-dir {data_dir / 'enforcement'} --as {data_dir / 'enforcement' / 'ann.json'}"
    out.print(f"Look on:  tipstaff enforcement status {at}", markup=False)
    out.print(f"          tipstaff actions list {at}", markup=False)


def _run(session: Session, alerts: list[Alert]) -> None:
    with progress() as shown:

        def hear(chunk: Chunk, new: Sequence[Alert]) -> None:
            alerts.extend(new)
            shown(chunk, session)

        with told():
            session.runner.run(lambda: False, hear)


def _describe(labels: Sequence[Label], hours: float) -> None:
    honest, guilty = sum(not label.clause for label in labels), campaigns_of(labels)
    accounts = sum(map(len, guilty))
    out.print(
        f"A simulated cloud: {honest} honest tenants, {len(guilty)} campaigns by {accounts} accounts, {hours:g} h.\n",
        markup=False,
    )

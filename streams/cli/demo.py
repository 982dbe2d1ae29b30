"""`tipstaff demo`: a simulated cloud, what is caught in it, what is missed, and who is wrongly touched."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from detectors.alert import Alert
from features.ticks import TICK_MS
from streams.alert_lines import as_json, rfc3339
from streams.cli import words
from streams.cli.demo_acts import tell_acts
from streams.cli.demo_stage import DEMO_PACK, demo_stage
from streams.cli.run import progress
from streams.cli.screen import out, settings_of, table, told
from streams.pack import read_pack
from streams.runner import Chunk
from streams.session import Input, Session, open_session
from streams.simulator import Cloud, Label

_SHOWN_PER_CAMPAIGN = 1


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
        _report(labels, alerts)
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
    honest, guilty = sum(not label.clause for label in labels), _campaigns(labels)
    accounts = sum(map(len, guilty))
    out.print(
        f"A simulated cloud: {honest} honest tenants, {len(guilty)} campaigns by {accounts} accounts, {hours:g} h.\n",
        markup=False,
    )


def _campaigns(labels: Sequence[Label]) -> list[list[Label]]:
    """What guilty accounts do, together where they do it together."""
    together: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        if label.clause:
            together.setdefault((label.name, label.clause), []).append(label)
    return list(together.values())


def _report(labels: Sequence[Label], alerts: Sequence[Alert]) -> None:
    campaigns = _campaigns(labels)
    caught = [[a for a in alerts if any(_of(a, label) for label in campaign)] for campaign in campaigns]
    out.print("CAUGHT", style="bold")
    for campaign, own in zip(campaigns, caught, strict=True):
        _tell(campaign, own)
    missed = [campaign for campaign, own in zip(campaigns, caught, strict=True) if not own]
    out.print("\nMISSED", style="bold")
    out.print("\n".join(f"  {_called(campaign)}" for campaign in missed) or "  nothing", markup=False)
    _touched(labels, alerts)


def _called(campaign: Sequence[Label]) -> str:
    first, count = campaign[0], len(campaign)
    return f"{first.name} (account {first.account_id}{f' and {count - 1} more' if count > 1 else ''})"


def _of(alert: Alert, label: Label) -> bool:
    """Whether an alert is about what a label says: its account, its clause, and its workload where it has one."""
    return (alert.account_id == label.account_id and alert.clause == label.clause
            and (label.workload_id is None or alert.kind != "workload"
                 or alert.entity_id == label.workload_id))  # fmt: skip


def _tell(campaign: Sequence[Label], alerts: Sequence[Alert]) -> None:
    if not alerts:
        return
    begun, found = min(label.start for label in campaign), len({a.account_id for a in alerts})
    of_many = f" ({found} of {len(campaign)} accounts)" if len(campaign) > 1 else ""
    out.print(f"  {campaign[0].name}{of_many}", style="bold red", markup=False)
    after = words.later(max(alerts[0].time - begun, 0))
    out.print(f"    began {rfc3339(begun)[:16]}Z, first alert {after}", markup=False)
    firsts = {alert.detector: alert for alert in reversed(alerts)}
    for alert in sorted(firsts.values(), key=lambda a: a.time)[:_SHOWN_PER_CAMPAIGN]:
        written = as_json(alert)
        out.print(f"    {alert.severity}: {alert.title} ({words.entity(written)})", markup=False)
        for one in written["evidence"]:
            if one["condition"].startswith("NOT "):
                continue  # exclusions that did not apply: alerts explain has them
            out.print(f"      - {words.sentence(one, alert.kind)}", markup=False)
    if len(firsts) > _SHOWN_PER_CAMPAIGN:
        out.print(f"    and {len(firsts) - _SHOWN_PER_CAMPAIGN} more rules", markup=False)


def _touched(labels: Sequence[Label], alerts: Sequence[Alert]) -> None:
    honest = {label.account_id: label for label in labels if not label.clause}
    innocent_pods = {label.account_id: label for label in labels if label.workload_id}
    wrong = [a for a in alerts if a.account_id in honest or (
        a.account_id in innocent_pods and not _of(a, innocent_pods[a.account_id]))]  # fmt: skip
    accounts = len({a.account_id for a in wrong})
    out.print(f"\nHONEST TENANTS TOUCHED: {accounts} of {len(honest)}", style="bold")
    firsts = {(a.account_id, a.detector): a for a in reversed(wrong)}
    rows = [(honest[a.account_id].name if a.account_id in honest else "another pod of a guilty account",
             a.severity, a.title, rfc3339(a.start_tick * TICK_MS)[:16] + "Z") for a in firsts.values()]  # fmt: skip
    if rows:
        table("", ["  who", "severity", "what", "since"], rows)

"""`tipstaff evaluate`: alerts against labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from detectors.alert import SEVERITIES
from features.sql import nearest
from streams.cli import scores
from streams.cli import suite_options as suites
from streams.cli.alerts import Json
from streams.cli.formats import AccountField, FieldMap
from streams.cli.history import BadShare, Form, Sort, chunks, reading, say_read
from streams.cli.progress import bar
from streams.cli.screen import Failed, PackDir, err, settings_of, told
from streams.dead_letters import clipped
from streams.history.evaluation import AlertsRefused, Raised, stored_alerts
from streams.history.exposure import Exposure
from streams.history.labels_file import LabelsRefused, read_labels
from streams.history.reading import Reading
from streams.history.replay import Replay
from streams.history.scoring import score
from streams.located import Flaw
from streams.pack import Pack, read_pack
from streams.runner import Chunk
from streams.session import Input
from streams.settings import Settings

_MOST_TOLD = 10

Files = Annotated[list[str] | None, typer.Argument(help="stored events: files, plain, gzip or zstd")]
Labels = Annotated[
    Path | None, typer.Option(metavar="CSV", help="account_id,clause,start,end and, if need be, workload_id")
]
Stored = Annotated[
    Path | None, typer.Option("--alerts", help="score these stored alerts (JSON lines) instead of replaying the rules")
]
Severity = Annotated[str, typer.Option(help=f"only alerts of at least this: {', '.join(SEVERITIES)}")]


def evaluate(
    labels: Labels = None, files: Files = None, format: Form = "native", account_field: AccountField = None,
    field_map: FieldMap = None, sort: Sort = False, pack: PackDir = None, severity: Severity = "low",
    alerts: Stored = None, max_bad_share: BadShare = None, json: Json = False,
    suite: suites.Suite = False, seeds: suites.Seeds = None, accounts: suites.Accounts = None,
    hours: suites.Hours = None, prevalence: suites.Prevalence = None, events: suites.Events = None,
    honest: suites.Honest = None, out: suites.Out = None,
) -> None:  # fmt: skip
    """Score the rules' alerts on stored events against labels: what was caught, how soon, and who was wrongly touched.

    Labels are a CSV file with a line for each account and span of time (RFC 3339). The clause says what the account
    did then; an empty one means that it is known to be honest. Accounts in no line are unknown: they count neither
    way. An alert catches a label if it is of that account and clause and was raised from the label's start to 24 h
    after its end; where the label names a workload, an alert about a workload must be about that one. An alert about a
    cluster counts once for each account that it names, from the first revision that does to the last.

    An account-day is 24 h, counted from the start of an honest account's label, in which it had an event. Intervals
    are of 95 %: Wilson's for shares, Garwood's for rates, a bootstrap over accounts for times.

    With --suite, a benchmark instead: simulated clouds (or --files with --labels), beside baselines; exit code 1 where
    a check of the suite itself is off.
    """
    asked = suites.Asked(seeds, accounts, hours, prevalence, (*(files or ()), *(events or ())), labels,
                         tuple(honest or ()), out, json)  # fmt: skip
    if suite:
        from streams.cli.evaluate_suite import evaluate_suite  # scikit-learn takes a second to load

        return evaluate_suite(asked, (format, account_field, field_map, sort, alerts, severity), pack, max_bad_share)
    asked.refuse_without_suite(events)
    if labels is None:
        raise Failed("--labels: give a CSV file of labels, or --suite for the benchmark")
    if severity not in SEVERITIES:
        raise Failed(f"--severity: unknown severity {severity}; {nearest(severity, list(SEVERITIES)) or 'see --help'}")
    if not files and alerts is None:
        raise Failed("give files of events to replay, or --alerts with stored ones")
    settings = settings_of(max_bad_share=max_bad_share)
    with told():
        rules = read_pack(pack)
    known = _labels(labels, rules)
    raised = _stored(alerts, severity) if alerts is not None else None
    chosen = Input(tuple(files or ()), format=format, account_field=account_field, sort=sort, map=field_map)
    seen = Exposure(known)
    if raised is None:
        raised = _replayed(chosen, rules, settings, severity, seen)
    elif files:
        _watched(chosen, settings, seen)
    known = _without_absent(known, seen, labels) if files else known
    report = score(known, raised, seen.days if files else 0, {rule.id: rule.clause for rule in rules.rules})
    scores.tell(report, scores.Basis.of(known, rules.hash, severity, seen if files else None), json)
    return None


def _labels(path: Path, pack: Pack) -> pl.DataFrame:
    try:
        return read_labels(path, pack.clauses)
    except LabelsRefused as refused:
        raise Failed(f"{path} cannot be used; nothing was read of the events.\n{refused}") from None


def _stored(path: Path, severity: str) -> pl.DataFrame:
    try:
        return stored_alerts(path, severity)
    except AlertsRefused as refused:
        raise Failed(str(refused)) from None


def _replayed(chosen: Input, pack: Pack, settings: Settings, severity: str, seen: Exposure) -> pl.DataFrame:
    raised = Raised(severity)
    with told():
        history = Replay(chosen, [(pack, raised.tell)], settings)
    with chunks(history.summary) as shown:

        def hear(chunk: Chunk) -> None:
            seen.add(chunk.events)
            shown(chunk)

        history.run(hear)
    say_read(history.summary)
    return raised.frame


def _watched(chosen: Input, settings: Settings, seen: Exposure) -> None:
    """Read who was there and when, and nothing else."""
    with told():
        pages = Reading(chosen, (), settings)
    with bar() as show, reading(pages.summary):
        for frame in pages.frames():
            seen.add(frame)
            show(pages.summary.events, pages.done, pages.total, None)
    say_read(pages.summary)


def _without_absent(labels: pl.DataFrame, seen: Exposure, path: Path) -> pl.DataFrame:
    """The labels of accounts that there are; of the others a warning says that they count neither way."""
    absent = seen.absent
    for account, line in absent.select("account_id", "line").head(_MOST_TOLD).iter_rows():
        about = f"no event names the account {clipped(account, 80)}: the label counts neither way"
        err.print(str(Flaw(str(path), line, about, warning=True)), markup=False)
    if absent.height > _MOST_TOLD:
        err.print(f"and {absent.height - _MOST_TOLD:,} more labels of accounts that no event names", markup=False)
    return labels.join(absent.select("line"), on="line", how="anti")

"""`tipstaff evaluate --suite`: the benchmark's run, and what it prints and leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import typer

from streams.cli.history import reading, say_read
from streams.cli.progress import bar
from streams.cli.screen import Failed, as_json, err, out, settings_of, table, told
from streams.cli.suite_options import ACCOUNTS, HOURS, SEEDS, Asked
from streams.history.labels_file import LabelsRefused, read_labels
from streams.history.summary import Summary
from streams.local.whole_file import whole_file
from streams.pack import Pack, read_pack
from streams.runner import Chunk
from streams.settings import Settings
from streams.suite import plots
from streams.suite.cases import Case, simulated, stored
from streams.suite.report import HOW, PREVALENCES, Report, document, reported
from streams.suite.running import Ran, ran
from streams.suite.tables import sheets


def evaluate_suite(asked: Asked, others: tuple[object, ...], pack: Path | None, max_bad_share: float | None) -> None:
    """Run the suite and tell of it; others: options that it does not take. Raises Failed, typer.Exit."""
    if others != ("native", None, None, False, None, "low"):
        raise Failed("--suite replays native events in order, and scores all alerts from low on: no --format, --map, "
                     "--account-field, --sort, --alerts or --severity (tipstaff bridge converts)")  # fmt: skip
    prevalences = _shares(asked.prevalence)
    seeds = [_whole("--seeds", one) for one in (asked.seeds or SEEDS).split(",")]
    settings = settings_of(max_bad_share=max_bad_share)
    with told():
        rules = read_pack(pack)
    cases = _cases(asked, rules, settings, seeds)
    if asked.out is not None:
        _folder(asked.out)
    runs = [_ran(case, rules, settings) for case in cases]
    report = _reported(asked, runs, rules, prevalences, seeds)
    _leave(asked.out, report)
    _tell(report, asked.json)
    if not report.sound:
        err.print("a check of the suite itself is off: its figures are not to be trusted", markup=False)
        raise typer.Exit(1)


def _cases(asked: Asked, pack: Pack, settings: Settings, seeds: list[int]) -> Iterator[Callable[[], Case]]:
    """What is run, each made when its turn has come: a cloud takes memory."""
    if not asked.files:
        if asked.labels or asked.honest:
            raise Failed("--labels and --honest go with --files: a simulated cloud has labels of its own")
        accounts, hours = asked.accounts or ACCOUNTS, asked.hours if asked.hours is not None else HOURS
        return iter([lambda one=one: _cloud(one, accounts, hours) for one in seeds])
    if asked.labels is None:
        raise Failed("--files: give their --labels too")
    if asked.accounts or asked.hours:
        raise Failed("--accounts and --hours are for simulated clouds; --files are as they are")
    try:
        labels = read_labels(asked.labels, pack.clauses)
    except LabelsRefused as refused:
        raise Failed(f"{asked.labels} cannot be used; nothing was read of the events.\n{refused}") from None
    return iter([lambda: stored(asked.files, labels, asked.honest, settings, seeds[0])])


def _cloud(seed: int, accounts: int, hours: float) -> Case:
    try:
        return simulated(seed, accounts, hours)
    except ValueError as error:
        raise Failed(str(error)) from None


def _ran(make: Callable[[], Case], pack: Pack, settings: Settings) -> Ran:
    with told():
        case = make()
    summary = Summary()
    err.print(case.name, markup=False)
    with bar() as show, reading(summary):

        def hear(chunk: Chunk) -> None:
            show(summary.events, chunk.done, chunk.total, summary.last or None)

        found = ran(case, pack, settings, summary, hear)
    say_read(summary)
    return found


def _reported(asked: Asked, runs: list[Ran], pack: Pack, prevalences: tuple[float, ...], seeds: list[int]) -> Report:
    about: dict[str, object] = {
        "pack": pack.hash, "seeds": seeds, "prevalences": list(prevalences), "files": list(asked.files),
        "honest_files": list(asked.honest), "labels": str(asked.labels) if asked.labels else None,
    }  # fmt: skip
    if not asked.files:
        hours = asked.hours if asked.hours is not None else HOURS
        about |= {"accounts_a_cloud": asked.accounts or ACCOUNTS, "hours": hours}
    return reported(runs, about, prevalences, seeds[0])


def _tell(report: Report, as_document: bool) -> None:
    if as_document:
        as_json(document(report))
        return
    about = report.about
    out.print(f"pack {about['pack']}; {', '.join(about['cases'])}: {about['events']:,} events of {about['accounts']:,} "
              f"accounts, {about['guilty']:,} of them guilty; {about['honest_account_days']:,} account-days of honest "
              f"ones; {about['alerts']:,} alerts", markup=False)  # fmt: skip
    for sheet in sheets(report):
        table(f"\n{sheet.title}", sheet.columns, sheet.rows)
    out.print(f"\n{HOW}", markup=False)


def _leave(folder: Path | None, report: Report) -> None:
    if folder is None:
        return
    try:
        with whole_file(folder / "suite.json") as passing:
            passing.write(json.dumps(document(report), indent=2) + "\n")
        if plots.available():
            plots.drawn(report, folder)
    except OSError as error:
        _unwritten(folder, error)
    if not plots.available():
        err.print(plots.HOW_TO_GET, markup=False)


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _unwritten(folder, error)


def _unwritten(folder: Path, error: OSError) -> NoReturn:
    raise Failed(f"--out {folder}: cannot be written: {error.strerror}. Choose another folder.") from None


def _shares(text: str | None) -> tuple[float, ...]:
    if text is None:
        return PREVALENCES
    try:
        found = tuple(dict.fromkeys(float(one) for one in text.split(",")))
    except ValueError:
        raise Failed(f"--prevalence {text}: give shares with commas between, such as 0.001,0.02") from None
    if not all(0 < one < 1 for one in found):
        raise Failed(f"--prevalence {text}: a share of accounts lies between 0 and 1 (0.001 is 0.1 %)")
    return found


def _whole(option: str, text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit():
        raise Failed(f"{option}: {text[:60]!r} is no seed; give whole numbers from 0 on, with commas between: {SEEDS}")
    return int(text)

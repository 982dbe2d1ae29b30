"""`tipstaff run`: the main job on one machine."""

from __future__ import annotations

import os
import sys
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from prometheus_client import CollectorRegistry

from detectors.alert import Alert
from streams import alert_words
from streams.alert_lines import as_json, as_line
from streams.cli.formats import AccountField, FieldMap
from streams.cli.progress import bar
from streams.cli.run_page import RunPage, web_served
from streams.cli.run_reports import reports_taken
from streams.cli.screen import Failed, PackDir, err, out, settings_of, told
from streams.cli.stopping import stopping
from streams.formats import FORMATS
from streams.pack import Pack, expired_lists, read_pack
from streams.runner import Chunk
from streams.session import Input, Session, open_session
from streams.telemetry.process import ProcessTelemetry
from streams.tracing import tracing

if TYPE_CHECKING:
    from streams.cli.run_acting import RunActing

_KEYS_TOLD = 5
_SHADES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def run(
    files: Annotated[list[str] | None, typer.Argument(help="files, plain, gzip or zstd; - is standard input")] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="read the built-in simulated cloud instead")] = False,
    seed: Annotated[int, typer.Option(help="the simulator's seed")] = 7,
    hours: Annotated[float, typer.Option(help="hours of simulated time")] = 30.0,
    scale: Annotated[float, typer.Option(help="size of the simulated cloud; 1 is about 300 accounts")] = 1.0,
    format: Annotated[str, typer.Option(help=f"what the input is: {', '.join(FORMATS)}")] = "native",
    account_field: AccountField = None,
    field_map: FieldMap = None,
    follow: Annotated[bool, typer.Option("--follow", help="keep reading a growing file")] = False,
    sort: Annotated[bool, typer.Option("--sort", help="read whole files into memory and sort them by time")] = False,
    pack: PackDir = None,
    data_dir: Annotated[Path | None, typer.Option(help="where alerts and state are kept (.tipstaff)")] = None,
    max_bad_share: Annotated[float | None, typer.Option(help="share of bad records (0-1) at which to stop")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="serve health and metrics on 127.0.0.1 at this port")] = None,
    web_port: Annotated[int | None, typer.Option(min=0, max=65535, help="serve the built-in page, health and metrics "
                                                 "on 127.0.0.1 at this port; 0: a free one")] = None,
    stay: Annotated[bool, typer.Option("--stay", help="with --web-port: keep the page after the input's end")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON lines on a terminal too")] = False,
    enforce: Annotated[bool, typer.Option("--enforce", help="decide on alerts, and act within the limits")] = False,
    ledger: Annotated[str | None, typer.Option(help="the ledger's URL (ledger.db in the data directory)")] = None,
    sinks: Annotated[Path | None, typer.Option(help="a YAML file of sinks: where actions, pages, notices go")] = None,
    reports_port: Annotated[int | None, typer.Option(min=0, max=65535, help="with --enforce: take people's reports "
                                                     "here (a form, and JSON); 0: a free port")] = None,
) -> None:  # fmt: skip
    """Read usage events, raise explained alerts.

    Alerts go to standard output, a JSON line each (readable lines on a terminal), and once each to alerts.ndjson in
    the data directory. Over files and the simulator a run that was stopped, or killed, goes on where it was when
    started again with the same input: alerts.ndjson is then what one uninterrupted run would have left. Standard
    input does not resume, and standard output may repeat alerts after a crash.

    With --enforce every alert is decided upon and recorded in the ledger; cases and pages are opened, and actions
    leave as far as the switch (off until `tipstaff enforcement resume`), stages, guards and budgets let them. Old
    files page at most, since their evidence is old. Events that enforcement itself brings into the stream (reports that
    people took in) are written to own-events.ndjson in the data directory; --follow reads them beside the file, other
    input does not.

    --web-port serves the built-in page: people log in with their credentials; where the ledger knows nobody, or there
    is none, by a link that is printed at the start. Over the simulator commands carry the stream's time: wait for its
    end (--stay) before you ask for something.
    """
    if stay and web_port is None:
        raise Failed("--stay keeps the built-in page: give --web-port too")
    chosen = Input(tuple(files or ()), simulate, seed, hours, scale, format, account_field, follow, sort, field_map)
    settings = settings_of(data_dir=data_dir, max_bad_share=max_bad_share)
    with told():
        in_force = read_pack(pack)
        for flaw in expired_lists(in_force, datetime.now(UTC).date().isoformat()):
            err.print(str(flaw), markup=False)
        registry = CollectorRegistry()
        ProcessTelemetry("run", registry).packs([in_force.hash])
        acting = _acting(enforce, in_force, ledger, settings.data_dir, sinks, simulate, registry)
        reports = reports_taken(acting, reports_port, settings.data_dir, registry)
        session = open_session(chosen, in_force, settings, _warn, acting.around if acting else lambda one, _: one,
                               acting is not None, registry)  # fmt: skip
    try:
        page = None if web_port is None else RunPage(session, in_force, acting, simulate)
        with (
            told(),
            tracing("run", settings.traces),
            web_served(session, page, (metrics_port, web_port), settings.scraped("run")),
            reports,
        ):
            _go(session, page, stay, plain=json or not out.is_terminal)
    finally:
        try:  # what acts writes into the directory too: others may come only after it
            if acting is not None:
                acting.close()
        finally:
            session.directory.release()


def _acting(enforce: bool, pack: Pack, ledger: str | None, data_dir: Path, sinks: Path | None,
            simulated: bool, registry: CollectorRegistry) -> RunActing | None:  # fmt: skip
    if enforce:
        from streams.cli.run_acting import RunActing  # databases and HTTP take a third of a second to load

        return RunActing(pack, ledger, data_dir, sinks, simulated, registry)
    if ledger is not None or sinks is not None:
        raise Failed("--ledger and --sinks are for --enforce: give that too")
    return None


def _warn(text: str) -> None:
    err.print(f"warning: {text}", markup=False)


def _go(session: Session, page: RunPage | None, stay: bool, plain: bool) -> None:
    if session.finished:
        err.print("this input was finished before; reading on for what is new in it", markup=False)
    elif session.resumed:
        err.print(f"going on after {session.runner.saved.records:,} records", markup=False)
    with stopping() as stopped, progress() as shown:
        tell, unknown = _print_line if plain else _print_words, Tally[str]()
        warned: list[str] = []
        skipped = [0]
        kept_apart = set[str]()

        def hear(chunk: Chunk, alerts: Sequence[Alert]) -> None:
            tell([alert for alert in alerts if not alert.restricted])
            kept_apart.update(alert.id for alert in alerts if alert.restricted)
            unknown.update(chunk.unknown_keys)
            skipped[0] += chunk.skipped
            if session.runner.over_limit and not warned:
                warned.append(session.runner.bad_words())
                _warn(f"{warned[0]}? Reading on.")
            shown(chunk, session)
            if page is not None:
                page.heard(chunk, alerts)

        with told():
            session.runner.run(stopped, hear)
    _say_end(session, unknown, skipped[0])
    if kept_apart:
        err.print(f"{len(kept_apart):,} restricted alerts: tipstaff alerts list --restricted", markup=False)
    if page is not None and stay and session.runner.saved.finished:
        err.print("the page stays; Ctrl-C ends it", markup=False)
        with stopping() as stopped:
            page.stay(stopped)


def _say_end(session: Session, unknown: Tally[str], skipped: int) -> None:
    saved = session.runner.saved
    what = "finished" if saved.finished else "stopped; start again to go on"
    bad = f", {saved.bad:,} of them dead letters" if saved.bad else ""
    err.print(f"{what}: {saved.records:,} records{bad}. Alerts are in {session.directory.alerts}", markup=False)
    if skipped:
        err.print(f"skipped: {skipped:,} records or parts of records that are no events", markup=False)
    if unknown:
        names = ", ".join(f"{name} ({count:,})" for name, count in unknown.most_common(_KEYS_TOLD))
        err.print(f"keys that no column is named after, in a sample of the records: {names}", markup=False)


def _print_line(alerts: Sequence[Alert]) -> None:
    try:
        sys.stdout.write("".join(as_line(alert) + "\n" for alert in alerts))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; alerts.ndjson has them all


def _print_words(alerts: Sequence[Alert]) -> None:
    for alert in alerts:
        written = as_json(alert)
        repeat = f" (revision {alert.revision})" if alert.revision > 1 else ""
        head = f"{written['time'][:19]}Z  {alert.severity:8}  {alert_words.entity(written)}: {alert.title}{repeat}"
        out.print(head, style=_SHADES[alert.severity], markup=False)


@contextmanager
def progress() -> Iterator[Callable[[Chunk, Session], None]]:
    """The bar of a run, which may have begun with records of an earlier one."""
    with bar() as show:
        at_first = list[int]()

        def hear(chunk: Chunk, session: Session) -> None:
            saved = session.runner.saved
            if not at_first:
                at_first.append(saved.records - chunk.records)
            show(saved.records - at_first[0], chunk.done, chunk.total, saved.state.features.stream_time)

        yield hear

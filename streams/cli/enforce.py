"""`tipstaff enforce`: decides and acts, on Kafka."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, settings_from
from streams.cli.ledger_options import LedgerUrl, Sinks, check_unsent, desk, opened
from streams.cli.screen import Failed, PackDir, settings_of, told
from streams.enforcement.settings import EnforceSettings
from streams.enforcement.sinks.declared import Declared, SinksRefused, read_routes, read_sinks
from streams.pack import Pack, read_pack
from streams.tracing import tracing
from streams.web.intake.settings import IntakeSettings


def enforce(
    bootstrap: Bootstrap = None,
    pack: PackDir = None,
    ledger: LedgerUrl = None,
    sinks: Sinks = None,
    switch_file: Annotated[Path | None, typer.Option(help="the switch (DATA_DIR/switch.yaml)")] = None,
    web_port: Annotated[int | None, typer.Option(help="health, metrics, desired state; 0: a free port")] = None,
    reports_port: Annotated[int | None, typer.Option(min=0, max=65535, help="take people's reports here: a form, and "
                                                     "JSON (off unless given); 0: a free port")] = None,
    dry: Annotated[bool, typer.Option("--dry", help="decide and write down as if the switch were off, and send "
                                      "nothing: what people are to be told waits")] = False,
) -> None:  # fmt: skip
    """Decide on alerts, act, and carry out what people ask for: the one process with hands.

    Start two for safety: one acts, the other takes over within 15 s. Killed at any moment nothing is lost and no effect
    doubled. Nothing leaves while the switch file does not say `enforcement: on`. It follows the pack that was published
    to the workers, once all of them run it, unless --pack says which one it is.
    """
    from streams.enforcement.service.process import Given, run_process  # Kafka's clients take half a second to load

    kafka, names, folder = kafka_settings_of(bootstrap=bootstrap), names_of(), settings_of().data_dir
    own = settings_from(EnforceSettings, switch_file=switch_file, web_port=web_port)
    reports = settings_from(IntakeSettings, port=reports_port)
    at = desk(ledger, pack=pack, sinks=sinks)
    in_force, declared = _with_policy(pack), _declared(at.sinks, dry)
    try:
        with opened(at) as found, told():
            if at.sinks is None:
                check_unsent(found, stopping=False)
            given = Given(kafka, names, own, found, in_force, declared, folder, pack is not None, _key(), dry,
                          reports, settings_of().scraped("enforce"))  # fmt: skip
            with tracing("enforce", settings_of().traces):
                code = run_process(given)
    finally:
        declared.close()
    raise typer.Exit(code)


def _key() -> bytes | None:
    """What published packs are signed with: the workers' setting."""
    from streams.worker.settings import WorkerSettings

    try:
        return settings_from(WorkerSettings).key()
    except OSError as error:
        raise Failed(f"the control key cannot be read: {error.strerror} ({error.filename})") from None


def _with_policy(overlay: Path | None) -> Pack:
    with told():
        found = read_pack(overlay)
    if not found.policy.clauses:
        raise Failed("the pack has no policy: without one nothing may be done. Write policy.yaml (tipstaff pack init)")
    return found


def _declared(path: Path | None, dry: bool) -> Declared:
    if path is None and dry:
        return Declared((), {})
    if path is None:
        raise Failed("there are no sinks: nothing could leave. Give --sinks sinks.yaml (TIPSTAFF_SINKS), or --dry")
    try:
        return read_routes(path) if dry else read_sinks(path, os.environ)
    except (SinksRefused, OSError) as refused:
        raise Failed(str(refused)) from None

"""Whatever events hold, a scrape shows none of it, and has no series more."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from features.event import COLUMNS, EVENT_TYPES
from streams.alert_lines import rfc3339
from streams.cli.run_acting import RunActing
from streams.enforcement.embedded import watching
from streams.enforcement.ledger import schema
from streams.pack import read_pack
from streams.session import Input, open_session
from streams.settings import Settings

MARK = "zqx"
"""Stands in every hostile value, and in no name of ours."""

START = 1_780_000_000_000
_SHAPES = ("{0}", '{0}"}} 1\ntipstaff_live 7', "{0}\\", "{0}'; DROP TABLE alerts; --", "{0}\u202e{0}", "{0}{{a=\"b\"}}",
           "10.9.{1}.{2}-{0}", "<script>{0}</script>", "{0}-{1}-{2}", "ü{0}🦀", "http://{0}.example/{1}")  # fmt: skip


def hostile(number: int) -> str:
    """The nth of as many strings as one likes."""
    return _SHAPES[number % len(_SHAPES)].format(f"{MARK}{number}", number % 251, number % 241)


def events() -> Iterator[dict[str, Any]]:
    """A flood of images by one hostile account; then 1,000 events of every type, each text of theirs hostile."""
    for n in range(720):
        yield {"id": f"{MARK}-{n}", "time": rfc3339(START + n * 5_000), "type": "inference", "operation": "image",
               "account_id": f"{MARK}-busy", "images": 4, "status": 200}  # fmt: skip
    texts = [name for name, column in COLUMNS.items() if column.kind == "text" and name not in ("id", "type")]
    chosen = random.Random(1)
    for n in range(1_000):
        kind = EVENT_TYPES[n % len(EVENT_TYPES)] if n % 50 else hostile(n)
        told = {name: hostile(chosen.randrange(10**6)) for name in chosen.sample(texts, 8)}
        yield {**told, "id": f"{MARK}{n}", "time": rfc3339(START + 3_700_000 + n * 1_000), "type": kind,
               "account_id": hostile(n) if n % 3 else f"{MARK}-{n}", f"{MARK}_key_{n}": n}  # fmt: skip


def series(registry: CollectorRegistry) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Every series of a scrape, by name and labels."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(one.name, frozenset(one.labels.items())) for family in families for one in family.samples}


def test_hostile_values_add_no_series_and_show_nowhere(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with enforcement over 1,000 hostile events, which raise alerts: its scrape has the same series after it as
    before, save those that begin with the first snapshot, and no value of an event is in it.
    """
    monkeypatch.setattr(watching, "SHOWN_EVERY_S", 0.0)
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(event) + "\n" for event in events()))
    registry, known = CollectorRegistry(), read_pack(pack)
    beside = RunActing(known, None, tmp_path / "data", None, simulated=True, registry=registry)
    chosen, settings = Input((str(log),)), Settings(data_dir=tmp_path / "data", max_bad_share=1)
    session = open_session(chosen, known, settings, print, beside.around, registry=registry)
    before, raised = series(registry), list[str]()
    try:
        session.runner.run(lambda: False, lambda _, alerts: raised.extend(alert.account_id for alert in alerts))
        with beside._acting.enforcer.ledger.reading() as tx:
            decided = tx.rows(schema.decisions.select())
    finally:
        beside.close()
        session.directory.release()
    text = generate_latest(registry).decode()
    assert f"{MARK}-busy" in raised
    assert len(decided) >= len(set(raised)) > 0
    assert MARK not in text
    first = {(f"tipstaff_snapshot_{what}", frozenset({("partition", "0")})) for what in ("bytes", "time_seconds")}
    assert series(registry) - before - _drift(series(registry)) == first
    assert _counted(registry, decided)


def _drift(found: set[tuple[str, frozenset[tuple[str, str]]]]) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Series of models, by their names in the pack."""
    return {one for one in found if one[0].startswith("tipstaff_model_") and MARK not in str(one)}


def _counted(registry: CollectorRegistry, decided: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what happened is what both halves of the registry tell."""

    def total(name: str, **labels: str) -> float:
        families = registry.collect()
        return sum(one.value for family in families for one in family.samples
                   if one.name == name and labels.items() <= one.labels.items())  # fmt: skip

    taken = total("tipstaff_events_total") + total("tipstaff_dead_letters_total")
    return (taken >= 1_720 and total("tipstaff_dead_letters_total", reason="unknown_type") > 0
            and total("tipstaff_step_seconds_count", part="emit") > 0
            and total("tipstaff_enforce_decisions_total") == len(decided)
            and total("tipstaff_enforce_rule_alerts_total") == sum(row["revision"] == 1 for row in decided)
            and total("tipstaff_enforce_audit_records") > 0 and total("tipstaff_enforce_ledger_bytes") > 0
            and total("tipstaff_enforce_last_alert_time_seconds") > 0)  # fmt: skip

"""A comparison of two packs in tables, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from features.cluster_catalog import CLUSTER
from features.ticks import TICK_MS
from streams import alert_words
from streams.alert_lines import rfc3339
from streams.cli.screen import as_json, out, table
from streams.history.comparing import Comparison, Found, Spoken

_MOST = 50
_HOW = {False: "by itself", True: "named in a cluster"}


def tell(found: Comparison, listed: Comparison, names: tuple[str, str], json: bool) -> None:
    """Print what differs between two packs, by rule; alerts and accounts are named as far as they are `listed`."""
    if json:
        return as_json(_document(found, listed, names))
    out.print(f"this pack: {names[0]}\nthe other: {names[1]}\n", markup=False)
    table("alerts by rule", ["rule", "this alone>", "other alone>", "both>", "severity changed>"],
          [(one.rule, *map(_count, (one.here, one.there, one.both, one.changed))) for one in found.rules])  # fmt: skip
    sides = (listed.accounts_here, "this"), (listed.accounts_there, "other")
    accounts = [(one.account_id, one.clause, _HOW[one.in_cluster], pack) for side, pack in sides for one in side]
    _listed("accounts that only one has", ["account", "clause", "how", "pack"], accounts)
    alerts = [(*_row(one), "this") for one in listed.here] + [(*_row(one), "other") for one in listed.there]
    alerts += [(*_row(one), f"both, {one.severity} → {severity}") for one, severity in listed.changed]
    _listed("alerts that differ", ["id", "rule", "since", "severity", "who", "pack"], alerts)
    apart = _differing(found) - _differing(listed)
    if apart:
        out.print(f"\n{apart:,} alerts that differ are not listed; see --restricted", markup=False)
    out.print("\nthe packs differ" if found.differ else "\nno difference", markup=False)
    return None


def _count(number: int) -> str:
    return f"{number:,}"


def _differing(one: Comparison) -> int:
    return len(one.here) + len(one.there) + len(one.changed)


def _listed(title: str, columns: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        out.print("")
        table(title, columns, rows[:_MOST])
        if len(rows) > _MOST:
            out.print(f"and {len(rows) - _MOST:,} more: --json has them all", markup=False)


def _row(one: Found) -> tuple[str, ...]:
    who = alert_words.entity({"entity": {"kind": one.kind, "account_id": one.account_id, "id": one.entity_id},
                        "accounts": sorted(one.named)})  # fmt: skip
    return one.id[:8], one.detector, f"{rfc3339(one.start_tick * TICK_MS)[:16]}Z", one.severity, who


def _document(found: Comparison, listed: Comparison, names: tuple[str, str]) -> dict[str, Any]:
    return {
        "this": names[0], "other": names[1], "differ": found.differ,
        "rules": [{"rule": one.rule, "this_alone": one.here, "other_alone": one.there, "both": one.both,
                   "severity_changed": one.changed} for one in found.rules],
        "accounts": {"this_alone": _pairs(listed.accounts_here), "other_alone": _pairs(listed.accounts_there)},
        "alerts": {"this_alone": [_alert(one) for one in listed.here],
                   "other_alone": [_alert(one) for one in listed.there],
                   "severity_changed": [{**_alert(one), "severity_other": other} for one, other in listed.changed]},
    }  # fmt: skip


def _pairs(accounts: tuple[Spoken, ...]) -> list[dict[str, Any]]:
    return [asdict(one) for one in accounts]


def _alert(one: Found) -> dict[str, Any]:
    cluster = one.kind == CLUSTER
    whose = {} if cluster else {"account_id": one.account_id}
    found = {"id": one.id, "detector": one.detector, "clause": one.clause, "severity": one.severity,
             "entity": {"kind": one.kind, **whose, "id": one.entity_id},
             "episode_start": rfc3339(one.start_tick * TICK_MS)}  # fmt: skip
    return found | ({"accounts": sorted(one.named)} if cluster else {})

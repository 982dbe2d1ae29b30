"""`tipstaff accounts act`: a rung upon accounts, keys or workloads, because a person says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from features.cluster_catalog import CLUSTER
from features.sql import nearest
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import As, LedgerUrl, Sinks, View, Why, Yes, desk, viewed
from streams.cli.moments import span_ms
from streams.cli.previewing import Preview, ask
from streams.cli.screen import Failed, PackDir, safe
from streams.cli.target_file import Target, read_targets
from streams.enforcement.ledger.by_id import alerts_like, cases_like
from streams.enforcement.ledger.reached import accounts_of, known_of
from streams.enforcement.ledger.rows import alert_of
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.policy.rungs import ACCOUNT, END_USER, KEY, TARGETS, WORKLOAD
from streams.tally import tally

COLUMNS = ("kind", "id", "account", "plan", "spend of 90 d>", "dependants>", "shielded until", "strikes>", "standing")


@dataclass(frozen=True)
class _Named:
    """Whom a person named, in which of the ways there are."""

    rung: str
    accounts: Sequence[str]
    parts: Sequence[tuple[str, str]]
    csv: Path | None


def act(
    rung: Annotated[str, typer.Argument(metavar="RUNG", help=", ".join(TARGETS))],
    accounts: Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT")] = None,
    key: Annotated[list[str] | None, typer.Option(help="this key of the ACCOUNT; again for more")] = None,
    workload: Annotated[list[str] | None, typer.Option(help="this workload of the ACCOUNT; again for more")] = None,
    end_user: Annotated[list[str] | None, typer.Option(help="this end user's hash, for a notice")] = None,
    case: Annotated[str | None, typer.Option(help="all accounts of this case")] = None,
    csv: Annotated[Path | None, typer.Option(help="a file of the columns account_id[,kind,id]")] = None,
    clause: Annotated[str | None, typer.Option(help="what was broken; without, the case's or alert's")] = None,
    alert: Annotated[str | None, typer.Option(help="the alert it rests on; alone: upon whom that is about")] = None,
    lasts: Annotated[str | None, typer.Option(help="such as 3d, instead of what the policy says")] = None,
    yes: Yes = False, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Do something to accounts, their keys or workloads, whether a rule may act or not: no budget or stage holds it.

    Shows first whom it reaches and what is known of them. More than ten accounts, and termination, take two people.
    """
    _check_rung(rung)
    parts = [(kind, one) for kind, ids in ((KEY, key), (WORKLOAD, workload), (END_USER, end_user)) for one in ids or ()]
    named = _Named(rung, accounts or (), parts, csv)
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        matter = _case(view, case) if case else None
        proof = _alert(view, alert) if alert else None
        targets = _targets(named, matter, proof)
        reached = targets or [whole(one) for one in accounts_of(view.tx, matter["case_id"] if matter else "")]
        preview = preview_of(view, rung, reached)
    about = {"case": matter["case_id"] if matter else None, "alert": proof["alert_id"] if proof else None,
             "lasts_ms": span_ms("--lasts", lasts) if lasts is not None else None}  # fmt: skip
    args = {"rung": rung, "clause": clause or _clause(matter, proof), "targets": targets, **about}
    ask(at, "account.act", {name: one for name, one in args.items() if one}, why, preview, yes=yes, json=json)


def _check_rung(rung: str) -> None:
    if rung not in TARGETS:
        hint = nearest(rung, list(TARGETS)) or f"there are {', '.join(TARGETS)}"
        raise Failed(f"there is no rung {safe(rung)}: {hint}")


def _case(view: View, wanted: str) -> Row:
    return _only(cases_like(view.tx, wanted, view.restricted), "case", wanted)


def _alert(view: View, wanted: str) -> Row:
    return _only(alerts_like(view.tx, wanted, view.restricted), "alert", wanted)


def _only(rows: Sequence[Row], what: str, wanted: str) -> Row:
    if len(rows) == 1:
        return rows[0]
    raise Failed(f"several {what}s begin with {wanted}: give more of the id" if rows else f"no {what} {wanted}")


def _clause(*rows: Row | None) -> str:
    named = next((row["clause"] for row in rows if row is not None), None)
    if named is None:
        raise Failed("--clause is needed: what was broken (tipstaff pack show)")
    return str(named)


def _targets(named: _Named, case: Row | None, alert: Row | None) -> list[Target]:
    """Whom it is about; empty where that is a case's accounts, which the ledger knows."""
    ways = [bool(named.accounts), named.csv is not None, case is not None]
    if sum(ways) > 1:
        raise Failed("name accounts, a --csv or a --case, not several of them")
    if named.parts and len(named.accounts) != 1:
        raise Failed("--key, --workload and --end-user are of one ACCOUNT: name it")
    if named.csv is not None:
        return read_targets(named.csv, named.rung)
    if named.parts:
        account = named.accounts[0]
        return [{"kind": kind, "account_id": account, "id": one} for kind, one in dict.fromkeys(named.parts)]
    if case is None and alert is not None and not named.accounts:
        return [_about(alert, named.rung)]
    if case is None and not named.accounts:
        raise Failed("name an ACCOUNT, a --case, an --alert or a --csv: nothing named is not everything")
    return [whole(one) for one in dict.fromkeys(named.accounts)]


def whole(account: str) -> Target:
    """An account as a target."""
    return {"kind": ACCOUNT, "account_id": account, "id": account}


def _about(row: Row, rung: str) -> Target:
    """What an alert is about, or its account where the rung is for accounts alone."""
    alert = alert_of(row)
    if alert.kind == CLUSTER:
        raise Failed(f"alert {alert.id[:8]} is about a cluster, and so about none of its accounts: name an ACCOUNT, or "
                     "the --case (tipstaff cases show lists what each did)")  # fmt: skip
    if alert.kind not in TARGETS[rung]:
        return whole(alert.account_id)
    return {"kind": alert.kind, "account_id": alert.account_id, "id": alert.entity_id}


def preview_of(view: View, what: str, targets: Sequence[Target]) -> Preview:
    """Whom something reaches, with what is known of them."""
    known = known_of(view.tx, [one["account_id"] for one in targets], view.restricted)
    accounts = f"{len(known):,} account{'' if len(known) == 1 else 's'}"
    kinds = sorted({one["kind"] for one in targets} - {ACCOUNT})
    reach = f"{tally(len(targets), ' and '.join(kinds) + ' target')} of {accounts}" if kinds else accounts
    rows = [_cells(one, known[one["account_id"]]) for one in targets]
    return Preview(f"{what}: {reach}", COLUMNS, rows, [{**one, **known[one["account_id"]]} for one in targets])


def _cells(target: Target, known: Mapping[str, Any]) -> tuple[object, ...]:
    spend, dependants = known["spend_usd_90d"], known["dependants"]
    shielded = known["protected_until"] or known["allow_listed_until"] or ""
    return (target["kind"], target["id"], target["account_id"], known["plan"] or "unknown",
            "unknown" if spend is None else f"{spend:,.2f} USD", "unknown" if dependants is None else f"{dependants:,}",
            shielded, f"{known['strikes']:,}", ", ".join(known["standing"]))  # fmt: skip

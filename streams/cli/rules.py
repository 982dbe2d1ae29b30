"""`tipstaff rules`: list, promote, demote."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from detectors.anomaly.model import Declared
from detectors.rules import Rule
from features.sql import nearest
from streams.cli import rule_words
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import (
    As,
    Desk,
    LedgerUrl,
    Request,
    Sinks,
    Why,
    Yes,
    desk,
    now_ms,
    pack_of,
    reason,
    request,
    send,
    tell,
    viewed,
)
from streams.cli.moments import moment_ms
from streams.cli.screen import Failed, PackDir, as_json, safe, say, table
from streams.enforcement.guards.stage import FIRST_SHARE
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.gates import Record, record_of, unmet
from streams.enforcement.ledger.rule_records import rule_records
from streams.enforcement.obeying.errand import Ending
from streams.pack import Pack
from streams.tally import tally

app = typer.Typer(no_args_is_help=True, help="How far rules have come: shadow, canary, live.")


class Higher(StrEnum):
    """Where a rule may be promoted to."""

    CANARY = "canary"
    LIVE = "live"


class Lower(StrEnum):
    """Where a rule may be put back to."""

    SHADOW = "shadow"
    CANARY = "canary"


_Rule = Annotated[str, typer.Argument(metavar="RULE")]


@app.command("list")
def list_rules(
    stage: Annotated[str | None, typer.Option(help="only in this stage: shadow, canary or live")] = None,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Each rule: its stage in force, how far the policy lets it come, what was expected of it, and what it did.

    Models stand there too. They have no stage: they page within their budget and never act.

    The forecast is of actions an hour upon all accounts: as of the promotion, or by its last 7 days in shadow.
    """
    at = desk(ledger, data_dir, as_file, pack)
    known = pack_of(at)
    by_id: dict[str, Rule | Declared] = {rule.id: rule for rule in known.rules}
    by_id |= {model.id: model for model in known.models}
    with viewed(at) as view:
        found = rule_records(view.tx, in_force_of(known))
        rows = [row for row in found if stage is None or (row.stage == stage and not row.model)]
        now, restricted = view.tx.now_ms, view.restricted
    if json:
        return as_json([rule_words.rule_data(row, by_id.get(row.rule), restricted) for row in rows])
    cells = [rule_words.rule_cells(row, by_id.get(row.rule), restricted, now) for row in rows]
    table("", rule_words.COLUMNS, cells)
    models = sum(row.model for row in rows)
    counts = [tally(len(rows) - models, "rule"), *([tally(models, "model")] if models else [])]
    return say(", ".join(counts) if rows else "no rules")


@app.command("promote")
def promote(
    rule: _Rule,
    to: Annotated[Higher, typer.Option("--to", help="canary: on a share of accounts; live: on all")],
    share: Annotated[float | None, typer.Option(help=f"of accounts, for a canary ({FIRST_SHARE})")] = None,
    override: Annotated[bool, typer.Option("--override", help="although its gates are not met: takes two people")]
    = False,
    until: Annotated[str | None, typer.Option(help="when the override ends: in 24h, or RFC 3339")] = None,
    yes: Yes = False, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Let a rule act on a share of accounts, or on all, once it has shown what it does.

    What it would have done is shown first. It takes 7 days or 10,000 decisions in shadow, then 24 hours as a canary
    of 1 % of accounts, before it acts on more; half of its closed cases or more must have been violations. An override
    needs a second person and ends by itself.
    """
    at = desk(ledger, data_dir, as_file, pack, sinks)
    known = pack_of(at)
    found = _rule(known, rule)
    args = _args(found, to, share, override, until)
    record, hidden = _record(at, known, found)
    why_not = unmet(record, in_force_of(known), str(to), args.get("share"))
    shown = None if hidden else rule_words.promotion_data(record, why_not)
    if not json:
        lines = ["what it has done is child safety's to see"] if hidden else rule_words.promotion_lines(
            rule, str(to), record, why_not)  # fmt: skip
        for line in lines:
            say(line)
    with request(at, "rule.promote", args, reason(why)) as asked:
        _promote(asked, shown, yes, json)


def _rule(pack: Pack, name: str) -> Rule:
    by_id = {rule.id: rule for rule in pack.rules}
    if name in [model.id for model in pack.models]:
        raise Failed(f"{safe(name)} is a model: it pages within its budget and never acts, so it has no stage")
    if name not in by_id:
        hint = nearest(name, list(by_id)) or "tipstaff rules list shows them"
        raise Failed(f"the pack has no rule {safe(name)}; {hint}")
    return by_id[name]


def _args(rule: Rule, to: Higher, share: float | None, override: bool, until: str | None) -> dict[str, Any]:
    if to is Higher.LIVE and share is not None:
        raise Failed("--share is for a canary: live is all accounts")
    if override != (until is not None):
        raise Failed("--override and --until go together: an override ends by itself, such as --until 24h")
    args: dict[str, Any] = {"rule": rule.id, "rule_version": rule.version, "stage": str(to)}
    if to is Higher.CANARY:
        args["share"] = FIRST_SHARE if share is None else share
    if until is not None:
        args |= {"override": True, "until_ms": moment_ms("--until", until, now_ms(), ahead=True)}
    return args


def _record(at: Desk, pack: Pack, rule: Rule) -> tuple[Record, bool]:
    """What the rule did, and whether that is not for these eyes."""
    with viewed(at) as view:
        return record_of(view.tx, in_force_of(pack), rule.id, rule.version), rule.restricted and not view.restricted


def _promote(asked: Request, shown: dict[str, Any] | None, yes: bool, json: bool) -> None:
    would = asked.rehearsed()
    if would.ending is Ending.REFUSED:
        return tell(would, json, preview=shown)
    if not json:
        say(f"this {'would be done' if would.ending is Ending.DONE else 'would wait'}: {would.detail}")
    if yes or (not json and sys.stdin.isatty() and typer.confirm("do it?")):
        return tell(asked.sent(), json, preview=shown)
    if json:
        as_json({"preview": shown, "would": str(would.ending), "detail": would.detail})
    raise Failed("nothing was done: this is what it would do; --yes does it")


@app.command("demote")
def demote(
    rule: _Rule, to: Annotated[Lower, typer.Option("--to", help="shadow: it acts on nobody")] = Lower.SHADOW,
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Put every version of a rule back to a lower stage, at once. What it did stays until it is undone or over."""
    at = desk(ledger, data_dir, as_file, pack, sinks)
    send(at, "rule.demote", {"rule": rule, "stage": str(to)}, why, json=json)

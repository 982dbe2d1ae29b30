"""`tipstaff pack`: init, check, test, show, diff, publish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from detectors.rules import Rule
from streams.cli.alerts import Json
from streams.cli.formats import AccountField, FieldMap
from streams.cli.history import Form
from streams.cli.kafka import Bootstrap, kafka_settings_of
from streams.cli.press import Press
from streams.cli.progress import bar
from streams.cli.screen import SHIPPED, Failed, PackDir, as_json, err, out, pack_called, settings_of, table, told
from streams.dead_letters import clipped
from streams.exam import Result, examine
from streams.history import contents
from streams.history.reading import Reading
from streams.pack import Pack, expired_lists, read_pack
from streams.pack.described import CLUSTER_VALUES, Change, described, differences
from streams.pack.starter import write_starter
from streams.session import Input

app = typer.Typer(no_args_is_help=True, help="What is watched: features, clauses and rules of one's own.")


@app.command("init")
def init(folder: Annotated[Path, typer.Argument(help="where to put it")]) -> None:
    """Start a pack of one's own: one feature, one rule with tests, and sample events on which it fires."""
    try:
        files = write_starter(folder)
    except FileExistsError as error:
        raise Failed(f"{error.filename} is there already; nothing was written") from None
    except OSError as error:
        raise Failed(f"{folder}: cannot be written: {error.strerror}") from None
    for file in files:
        out.print(f"wrote {file}", markup=False)
    out.print(f"next: tipstaff pack test --pack {folder}", markup=False)


@app.command("check")
def check(
    events: Annotated[list[str] | None, typer.Argument(metavar="[FILES]...", help="events to be watched")] = None,
    format: Form = "native", account_field: AccountField = None, field_map: FieldMap = None, pack: PackDir = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Whether a pack can be taken up; everything wrong with it, with file and line.

    Given stored events, also which rules they can never fire, for want of event types or columns.
    """
    found = _read(pack)
    warnings = [str(flaw) for flaw in (*found.warnings, *expired_lists(found, datetime.now(UTC).date().isoformat()))]
    if events:
        chosen = Input(tuple(events), format=format, account_field=account_field, map=field_map)
        warnings += _unobtainable(chosen, found)
    if json:
        return as_json({"pack": found.hash, "warnings": warnings})
    for warning in warnings:
        err.print(warning, markup=False)
    out.print(f"pack {found.hash}: {len(found.rules)} rules, {len(found.catalog.features)} features, "
              f"{len(found.clauses)} clauses: good", markup=False)  # fmt: skip
    return None


def _unobtainable(chosen: Input, pack: Pack) -> list[str]:
    """A warning for every rule that these events can never fire."""
    with bar() as show, told():

        def tell(pages: Reading) -> None:
            show(pages.summary.events, pages.done, pages.total, None)

        found = contents.read(chosen, pack, tell, settings=settings_of())
    lacking = {rule.id: ", ".join(found.lacks(rule, pack)) for rule in pack.rules}
    return [f"warning: {rule} can never fire on these events: {why}" for rule, why in lacking.items() if why]


@app.command("test")
def run_tests(
    pack: PackDir = None,
    rule: Annotated[str | None, typer.Option(help="only this rule's tests")] = None,
    json: Json = False,
) -> None:
    """Run every rule's own tests. Exit code 1 if one fails."""
    found = _read(pack)
    chosen = [one for one in found.rules if rule in (None, one.id)]
    if not chosen:
        raise Failed(f"there is no rule {rule}")
    results = _examined(found, chosen)
    failed = [result for result in results if not result.passed]
    if json:
        as_json([{"rule": r.rule, "test": r.test, "passed": r.passed, "wrong": r.wrong} for r in results])
    else:
        for result in failed:
            out.print(f"FAILED {result.rule}: {result.test}: {result.wrong}", markup=False)
        out.print(f"{len(results) - len(failed)} passed, {len(failed)} failed", markup=False)
    if failed:
        raise typer.Exit(1)


def _examined(pack: Pack, chosen: Sequence[Rule]) -> list[Result]:
    rules = track(chosen, "testing", console=err, transient=True, disable=not err.is_terminal)
    return [result for one in rules for result in examine(pack, one)]


@app.command("show")
def show(pack: PackDir = None, json: Json = False) -> None:
    """The clauses, rules, models, features, values of clusters, labels and lists in force, and who uses what."""
    found = _read(pack)
    told_parts = described(found)
    if json:
        return as_json({"pack": found.hash, **told_parts})
    out.print(f"pack {found.hash}", markup=False)
    table("\nclauses", ["clause", "what", "severity", "looked at by", "coverage", "watched by"],
          [(name, c["title"], c["severity"], c["role"], c["coverage"], ", ".join(c["watched_by"]))
           for name, c in told_parts["clauses"].items()])  # fmt: skip
    table("\nrules", ["rule", "clause", "severity", "about", "reads"],
          [(name, r["clause"], r["severity"], r["entity"].replace("_", " "), ", ".join(r["reads"]))
           for name, r in told_parts["rules"].items()])  # fmt: skip
    table("\nmodels", ["model", "clause", "severity", "about", "reads", "groups"],
          [(name, m["clause"], m["severity"], m["entity"], ", ".join(m["features"]),
            ", ".join(m["trained"]["groups"]) if m["trained"] else "not trained")
           for name, m in told_parts["models"].items()])  # fmt: skip
    table("\nfeatures", ["feature", "aggregate", "windows", "unit", "signal", "used by"],
          [(name, f["aggregate"], " ".join(f["windows"]), f["unit"], f["signal"], ", ".join(f["used_by"]))
           for name, f in told_parts["features"].items()])  # fmt: skip
    table("\nvalues of clusters, for rules of `entity: cluster`", ["value", "windows", "unit", "used by"],
          [(name, " ".join(v["windows"]), v["unit"], ", ".join(v["used_by"]))
           for name, v in told_parts[CLUSTER_VALUES].items()])  # fmt: skip
    table("\nlabels", ["label", "clause"], [(name, one["clause"]) for name, one in told_parts["labels"].items()])
    table("\nlists", ["list", "kind", "entries>", "expires", "source"],
          [(name, one["kind"], len(one["entries"]), one["expires"], one["source"])
           for name, one in told_parts["lists"].items()])  # fmt: skip
    about = found.peers.about
    trained = f"{len(told_parts['peers']):,} tables, trained on {about.get('events', 0):,} events"
    out.print(f"\npeers: {trained if about else 'no trained tables'}", markup=False)
    return None


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help=f"a folder laid over the shipped pack, or {SHIPPED}")],
    new: Annotated[str, typer.Argument(metavar="B", help="the same")],
    json: Json = False,
) -> None:
    """What pack B has that A lacks, lacks, or says otherwise. Exit code 1 if they differ."""
    with told():
        first, second = pack_called(old), pack_called(new)
    changes = differences(first, second)
    if json:
        as_json({"a": first.hash, "b": second.hash, "changes": [asdict(one) for one in changes]})
    else:
        out.print(f"a: {old} ({first.hash})\nb: {new} ({second.hash})", markup=False)
        for change in changes:
            if change.section != "peers":
                out.print(_told(change), markup=False)
        for kind, count in Counter(one.kind for one in changes if one.section == "peers").items():
            out.print(f"{_SIGN[kind]} {count:,} peer tables", markup=False)
        out.print(f"{len(changes):,} differences" if changes else "no difference", markup=False)
    if changes:
        raise typer.Exit(1)


@app.command("publish")
def publish(pack: PackDir = None, bootstrap: Bootstrap = None) -> None:
    """Have every worker take a pack up, at one place in each partition's log.

    The pack is checked, its tests are run, it is stored in the packs' topic, and a signed control record is written
    into every partition: what comes before it is judged by the pack before, what follows by this one, in a replay too.
    """
    found = _read(pack)
    with told():
        press = Press(kafka_settings_of(bootstrap=bootstrap))
        failed = [f"{one.rule}: {one.test}" for one in _examined(found, found.rules) if not one.passed]
        if failed:
            raise Failed("nothing was published: these tests fail: " + "; ".join(failed) + " (tipstaff pack test)")
        made = press.publish(found, pack)
    out.print(f"pack {found.hash} is ordered in {len(made.offsets)} partitions of {made.topic}", markup=False)


_SIGN = {"added": "+", "removed": "-", "changed": "~"}
_READ = 200  # characters of a value


def _told(change: Change) -> str:
    head = f"{_SIGN[change.kind]} {change.section.removesuffix('s')} {change.name}"
    if change.kind != "changed":
        return head
    was, now = (clipped(str(value), _READ) for value in (change.was, change.now))
    return f"{head}: {change.field}\n    was {was}\n    is  {now}"


def _read(folder: Path | None) -> Pack:
    with told():
        return read_pack(folder)

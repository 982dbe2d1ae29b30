"""`tipstaff pack`: init, check, test, show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from streams.cli.alerts import Json
from streams.cli.screen import Failed, PackDir, as_json, err, out, table, told
from streams.exam import examine
from streams.pack import Pack, read_pack
from streams.starter import write_starter

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
def check(pack: PackDir = None, json: Json = False) -> None:
    """Whether a pack can be taken up; everything wrong with it, with file and line."""
    found = _read(pack)
    if json:
        return as_json({"pack": found.hash, "warnings": [str(w) for w in found.warnings]})
    for warning in found.warnings:
        err.print(str(warning), markup=False)
    out.print(f"pack {found.hash}: {len(found.rules)} rules, {len(found.catalog.features)} features, "
              f"{len(found.clauses)} clauses: good", markup=False)  # fmt: skip
    return None


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
    rules = track(chosen, "testing", console=err, transient=True, disable=not err.is_terminal)
    results = [result for one in rules for result in examine(found, one)]
    failed = [result for result in results if not result.passed]
    if json:
        as_json([{"rule": r.rule, "test": r.test, "passed": r.passed, "wrong": r.wrong} for r in results])
    else:
        for result in failed:
            out.print(f"FAILED {result.rule}: {result.test}: {result.wrong}", markup=False)
        out.print(f"{len(results) - len(failed)} passed, {len(failed)} failed", markup=False)
    if failed:
        raise typer.Exit(1)


@app.command("show")
def show(pack: PackDir = None, json: Json = False) -> None:
    """The clauses, rules and features in force."""
    found = _read(pack)
    if json:
        return as_json(_described(found))
    out.print(f"pack {found.hash}", markup=False)
    table("\nclauses", ["clause", "what", "severity", "looked at by"],
          [(c.id, c.title, c.severity, c.role) for c in found.clauses.values()])  # fmt: skip
    table("\nrules", ["rule", "clause", "severity", "about", "reads"],
          [(r.id, r.clause, r.severity, r.entity, ", ".join(r.names)) for r in found.rules])  # fmt: skip
    table("\nfeatures", ["feature", "of", "aggregate", "windows", "unit", "signal"],
          [(f.name, f.entity, f.aggregate, " ".join(w.name for w in f.windows), f.unit, f.signal)
           for f in found.catalog.features])  # fmt: skip
    return None


def _read(folder: Path | None) -> Pack:
    with told():
        return read_pack(folder)


def _described(pack: Pack) -> dict[str, Any]:
    return {
        "pack": pack.hash,
        "clauses": [{"id": c.id, "title": c.title, "severity": c.severity, "role": c.role}
                    for c in pack.clauses.values()],
        "rules": [{"id": r.id, "clause": r.clause, "severity": r.severity, "entity": r.entity, "on": r.on,
                   "when": [[c.text for c in group] for group in r.when], "reads": list(r.names)} for r in pack.rules],
        "features": [{"name": f.name, "entity": f.entity, "aggregate": f.aggregate, "unit": f.unit,
                      "windows": [w.name for w in f.windows], "signal": f.signal, "identity": f.identity}
                     for f in pack.catalog.features],
    }  # fmt: skip

"""`tipstaff alerts`: list, show, explain."""

from __future__ import annotations

import json as jsons
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from features.cluster_catalog import CLUSTER
from streams import alert_words
from streams.alert_lines import named_in
from streams.cli.screen import Failed, PackDir, as_json, err, out, say, settings_of, table, told
from streams.local.directory import DataDirectory
from streams.pack import read_pack
from streams.tally import agrees, tally

app = typer.Typer(no_args_is_help=True, help="What was raised, and why.")

DataDir = Annotated[Path | None, typer.Option(help="the run's data directory (.tipstaff)")]
Restricted = Annotated[bool, typer.Option("--restricted", help="child-safety alerts, which no other list shows")]
Json = Annotated[bool, typer.Option("--json", help="for a program")]


def directory_of(data_dir: Path | None) -> DataDirectory:
    """The data directory asked for, checked. Raises Failed."""
    directory = DataDirectory(data_dir or settings_of().data_dir)
    if not directory.path.is_dir():
        raise Failed(f"{directory.path}: there is no data directory here. Run tipstaff run first, or give --data-dir.")
    with told():
        directory.check()
    return directory


def written(path: Path) -> Iterator[dict[str, Any]]:
    """Every alert revision of a file, in the order written; a line that is being written just now is left out."""
    if not path.exists():
        return
    try:
        file = path.open(encoding="utf-8")
    except PermissionError:
        raise Failed(f"{path}: only its owner may read it") from None
    with file:
        for line in file:
            if line.endswith("\n"):
                yield jsons.loads(line)


def newest(directory: DataDirectory, restricted: bool = False) -> dict[str, dict[str, Any]]:
    """The newest revision of each alert, by id: of the ordinary ones, or of the restricted ones alone."""
    path = directory.restricted if restricted else directory.alerts
    return {alert["id"]: alert for alert in written(path)}


def about_cluster(alert: Mapping[str, Any]) -> bool:
    """Whether a written alert is about accounts that share something, and so about none of them."""
    return bool(alert["entity"]["kind"] == CLUSTER)


def naming(account: str, directory: DataDirectory, restricted: bool = False) -> dict[str, dict[str, Any]]:
    """The newest revision of each alert of which any revision speaks of an account, by id.

    A cluster's newest revision may no longer name whom an earlier one did.
    """
    path = directory.restricted if restricted else directory.alerts
    found, once = dict[str, dict[str, Any]](), set[str]()
    for alert in written(path):
        found[alert["id"]] = alert
        if account in named_in(alert):
            once.add(alert["id"])
    return {name: alert for name, alert in found.items() if name in once}


@app.command("list")
def list_alerts(
    account: Annotated[str | None, typer.Option(help="only of this account")] = None,
    rule: Annotated[str | None, typer.Option(help="only of this rule")] = None,
    restricted: Restricted = False, data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Every alert once, its newest revision, in the order raised."""
    directory = directory_of(data_dir)
    known = newest(directory, restricted) if account is None else _own(account, directory, restricted)
    found = [alert for alert in known.values() if rule in (None, alert["detector"])]
    if json:
        return as_json(found)
    table("", [*alert_words.COLUMNS, "revisions>"], [(*alert_words.row(alert), alert["revision"]) for alert in found])
    out.print(tally(len(found), "alert") if found else "no alerts", markup=False)
    return None


def _own(account: str, directory: DataDirectory, restricted: bool) -> dict[str, dict[str, Any]]:
    """An account's own alerts; how many about clusters name it is said beside."""
    theirs = naming(account, directory, restricted)
    own = {name: alert for name, alert in theirs.items() if not about_cluster(alert)}
    if others := len(theirs) - len(own):
        what = f"{tally(others, 'alert')} about clusters {agrees(others, 'names', 'name')} it besides"
        err.print(f"{what}: tipstaff accounts show tells them", markup=False)
    return own


def find(directory: DataDirectory, wanted: str, restricted: bool) -> dict[str, Any]:
    """The alert with an id, or whose id begins so. Raises Failed."""
    known = newest(directory, restricted)
    hits = [alert for name, alert in known.items() if name.startswith(wanted)] if wanted else []
    if len(hits) == 1:
        return hits[0]
    if not hits:
        raise Failed(f"no alert {wanted} in {directory.alerts}. See tipstaff alerts list.")
    raise Failed(f"{len(hits)} alerts begin with {wanted}: give more of the id")


@app.command("show")
def show(
    wanted: Annotated[str, typer.Argument(metavar="ID")], restricted: Restricted = False, data_dir: DataDir = None
) -> None:
    """An alert's newest revision as it was written (JSON)."""
    as_json(find(directory_of(data_dir), wanted, restricted))


@app.command("explain")
def explain(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="an alert's id, or how it begins")],
    restricted: Restricted = False,
    data_dir: DataDir = None,
    pack: PackDir = None,
    json: Json = False,
) -> None:
    """Why an alert was raised: every condition's value, threshold, span, peers, and where it would not have fired."""
    alert = find(directory_of(data_dir), wanted, restricted)
    with told():
        clause = read_pack(pack).clauses.get(alert["clause"])
    if json:
        because = [alert_words.sentence(one, alert["entity"]["kind"]) for one in alert["evidence"]]
        return as_json(alert | {"because": because, "clause_text": clause.text if clause else None})
    for line in alert_words.explanation(alert, clause.text if clause else ""):
        say(line)
    return None

"""`tipstaff accounts`: an account's features now, its keys, workloads and alerts, and clusters that name it."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer

from features.arrivals import SEPARATOR
from features.book import Book
from streams import alert_words
from streams.alert_lines import rfc3339
from streams.cli.accounts_act import act
from streams.cli.accounts_erase import erase
from streams.cli.accounts_holds import holds, release_hold
from streams.cli.accounts_import import import_facts
from streams.cli.accounts_spared import elsewhere, protect, reinstate, unprotect
from streams.cli.alerts import DataDir, Json, about_cluster, directory_of, naming
from streams.cli.screen import Failed, PackDir, as_json, err, say, settings_of, table, told
from streams.local.directory import DataDirectory
from streams.local.snapshots import FolderStore
from streams.pack import Pack, read_pack
from streams.pipeline import Pipeline
from streams.quantities import number
from streams.runner import Saved
from streams.tally import tally

app = typer.Typer(no_args_is_help=True, help="What is known of accounts, and what is done to them.")
app.command("act")(act)
app.command("reinstate")(reinstate)
app.command("protect")(protect)
app.command("unprotect")(unprotect)
app.command("elsewhere")(elsewhere)
app.command("import")(import_facts)
app.command("erase")(erase)
app.command("holds")(holds)
app.command("release-hold")(release_hold)


@app.command("show")
def show(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT")],
    data_dir: DataDir = None,
    pack: PackDir = None,
    json: Json = False,
) -> None:
    """An account's features as of the run's last snapshot, its keys and workloads, its alerts, and those about
    clusters that name it.
    """
    directory = directory_of(data_dir)
    with told():
        found = _found(account, directory, read_pack(pack))
    if json:
        return as_json(found)
    _print(found)
    return None


def _found(account: str, directory: DataDirectory, pack: Pack) -> dict[str, Any]:
    pipeline = Pipeline(pack, settings_of().hash_key)
    saved = FolderStore(directory.snapshots, pipeline, lambda text: err.print(text, markup=False)).load()
    alerts = list(naming(account, directory).values())
    if saved is None:
        raise Failed(f"{directory.path} holds no snapshot yet: a run keeps its first after two seconds.")
    entities = [one for kind in saved.state.features.books for one in _entities(account, kind, saved, pipeline)]
    if not entities and not alerts:
        raise Failed(f"no account {account} is known here")
    time = saved.state.features.stream_time
    return {"account_id": account, "as_of": rfc3339(time) if time else None, "entities": entities,
            "alerts": [one for one in alerts if not about_cluster(one)],
            "clusters": [one for one in alerts if about_cluster(one)]}  # fmt: skip


def _entities(account: str, kind: str, saved: Saved, pipeline: Pipeline) -> list[dict[str, Any]]:
    book = saved.state.features.books[kind]
    begins = account + SEPARATOR
    names = [name for name in book.slots if (name == account if kind == "account" else name.startswith(begins))]
    if not names:
        return []
    slots = book.find(names)
    values = pipeline.observer.values(saved.state.features, kind, slots).to_dicts()
    plans = saved.state.features.plan_names(book.plan[slots])
    return [_entity(book, name, slot, plan, row, pipeline) for name, slot, plan, row in
            zip(names, slots.tolist(), plans, values, strict=True)]  # fmt: skip


def _entity(
    book: Book, name: str, slot: int, plan: str | None, values: dict[str, Any], pipeline: Pipeline
) -> dict[str, Any]:
    declared = pipeline.catalog.values[book.kind]
    hidden = pipeline.pack.restricted_values(book.kind)
    return {
        "kind": book.kind, "id": name.split(SEPARATOR)[-1], "plan": plan,
        "newest_event": rfc3339(int(np.int64(book.newest[slot]))),
        "features": {key: {"value": value, "unit": declared[key].unit}
                     for key, value in values.items() if key not in hidden},
    }  # fmt: skip


def _print(found: dict[str, Any]) -> None:
    say(f"account {found['account_id']}, as of stream time {found['as_of']} (the last snapshot)")
    for one in found["entities"]:
        told_values = [(alert_words.feature(key), number(v["value"], v["unit"])) for key, v in one["features"].items()
                       if v["value"] not in (None, 0)]  # fmt: skip
        plan = f", plan {one['plan']}" if one["plan"] else ""
        say(f"\n{one['kind']} {one['id']}{plan}, newest event {one['newest_event']}")
        table("", ["feature", "value>"], told_values)
    say(f"\n{tally(len(found['alerts']), 'alert')}")
    table("", alert_words.COLUMNS, [alert_words.row(alert) for alert in found["alerts"]])
    if found["clusters"]:
        say(f"\nnamed in {tally(len(found['clusters']), 'alert')} about clusters: seen with others, which says nothing "
            "of what it did itself")  # fmt: skip
        table("", alert_words.COLUMNS, [alert_words.row(alert) for alert in found["clusters"]])

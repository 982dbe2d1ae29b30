"""`tipstaff models`: what is learnt from stored events, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.peers import Trained
from streams.cli.formats import AccountField, FieldMap
from streams.cli.history import Form, Sort, chunks, not_among, say_read
from streams.cli.models_anomaly import train_anomaly
from streams.cli.models_shown import check, show
from streams.cli.models_source import Bootstrap, FromKafka, MaybeFiles, Since, Topic, Until, stored_of
from streams.cli.screen import Failed, PackDir, out, settings_of, told
from streams.history.labels_file import LabelsRefused, read_labels
from streams.history.peer_training import PeerTraining
from streams.history.training import Hear, TooLittle
from streams.local.whole_file import whole_file
from streams.pack import Pack, read_pack
from streams.pack.peer_file import written
from streams.session import Input

app = typer.Typer(no_args_is_help=True, help="What is learnt from stored events, as data.")
train = typer.Typer(no_args_is_help=True, help="Learn it from stored events.")
app.add_typer(train, name="train")
train.command("anomaly")(train_anomaly)
app.command("show")(show)
app.command("check")(check)


@train.command("peers")
def train_peers(
    files: MaybeFiles = None, from_kafka: FromKafka = False, topic: Topic = None, bootstrap: Bootstrap = None,
    since: Since = None, until: Until = None, format: Form = "native", account_field: AccountField = None,
    field_map: FieldMap = None, sort: Sort = False, pack: PackDir = None,
    target: Annotated[Path | None, typer.Option("--out", help="where to write; else peers.json of --pack")] = None,
    labels: Annotated[Path | None, typer.Option(help="labels (CSV): accounts that did wrong are left out")] = None,
) -> None:  # fmt: skip
    """How features are spread over honest entities, by plan and dominant event type.

    The events go through the same step as in service and are surveyed at every whole hour. Groups of fewer than 100
    entities are left out: their plan, or all, stands for them. The file is part of the pack from then on: it changes
    the pack's hash, and rules may compare with it (`requests_1h_vs_peers`).
    """
    file = _target(target, pack, files or [])
    chosen = Input(tuple(files or ()), format=format, account_field=account_field, sort=sort, map=field_map)
    with told():
        stored = stored_of(chosen, from_kafka, topic, bootstrap, since, until)
        found = read_pack(pack)
        training = PeerTraining(stored, found, settings_of(), _guilty(labels, found))
        with chunks(training.summary) as shown:
            made = _made(training, shown)
        with whole_file(file) as passing:
            passing.write(written(made, found.catalog))
    say_read(training.summary)
    groups = len({group for group, _ in made.tables})
    out.print(f"{len(made.tables):,} tables of {groups:,} groups written to {file}", markup=False)


def _target(target: Path | None, pack: Path | None, files: list[str]) -> Path:
    found = target or (pack / "peers.json" if pack else None)
    if found is None:
        raise Failed("say where the tables go: --pack DIR (its peers.json) or --out FILE")
    not_among(files, found, str(found))
    return found


def _guilty(labels: Path | None, pack: Pack) -> list[str]:
    if labels is None:
        return []
    try:
        rows = read_labels(labels, pack.clauses)
    except LabelsRefused as refused:
        raise Failed(str(refused)) from None
    return rows.filter(rows["clause"].is_not_null())["account_id"].unique(maintain_order=True).to_list()


def _made(training: PeerTraining, shown: Hear) -> Trained:
    try:
        return training.run(shown)
    except TooLittle as error:
        say_read(training.summary)
        raise Failed(str(error)) from None

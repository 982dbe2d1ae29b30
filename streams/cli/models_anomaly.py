"""`tipstaff models train anomaly`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from detectors.anomaly.model import Declared
from features.sql import nearest
from streams.cli.formats import AccountField, FieldMap
from streams.cli.history import Form, Sort, chunks, not_among, say_read
from streams.cli.models_source import Bootstrap, FromKafka, MaybeFiles, Since, Topic, Until, stored_of
from streams.cli.screen import Failed, PackDir, err, out, settings_of, told
from streams.enforcement.audit.signing import KeyRefused, SigningKey, as_text, new_signing_key, read_signing_key
from streams.enforcement.people.private_file import PrivateFileRefused
from streams.history.evaluation import AlertsRefused, stored_alerts
from streams.history.labels_file import LabelsRefused, read_labels
from streams.history.model_training import ModelTraining, Taught
from streams.history.training import Hear, TooLittle
from streams.local.whole_file import whole_file
from streams.pack import Pack, read_pack
from streams.pack.learnt import KEYS
from streams.pack.model_file import SUFFIX, written
from streams.session import Input

Id = Annotated[str | None, typer.Option("--model", help="only this one of the pack's models")]
Labels = Annotated[Path | None, typer.Option(help="labels (CSV): accounts that did wrong are left out")]
Alerts = Annotated[
    Path | None,
    typer.Option("--without-alerts", help="open alerts (JSON lines): their accounts are left out, unless a label "
                 "says that people found them honest"),
]  # fmt: skip
Sign = Annotated[Path | None, typer.Option("--sign", metavar="KEYFILE", help="sign with this key; made if not there")]
Seed = Annotated[int, typer.Option(help="decides what is held back and drawn: the same seed, the same model")]
OnePlan = Annotated[bool, typer.Option("--one-plan", help="learn though all entities are of one plan")]


def train_anomaly(
    files: MaybeFiles = None, from_kafka: FromKafka = False, topic: Topic = None, bootstrap: Bootstrap = None,
    since: Since = None, until: Until = None, format: Form = "native", account_field: AccountField = None,
    field_map: FieldMap = None, sort: Sort = False,
    pack: PackDir = None, model: Id = None, labels: Labels = None, alerts: Alerts = None,
    seed: Seed = 0, sign: Sign = None, one_plan: OnePlan = False,
) -> None:  # fmt: skip
    """What is usual among honest entities, by plan, for the models that models.yaml declares.

    The events go through the same step as in service, and the rows are those that service would score: of each entity
    the first evaluation of each hour. A third of the accounts is held back: on their days p-values are calibrated.
    The artifacts (models/ID.model of --pack) are data, part of the pack from then on: they change its hash.
    """
    if pack is None:
        raise Failed("say where the models go: --pack DIR (its models/ID.model)")
    chosen = Input(tuple(files or ()), format=format, account_field=account_field, sort=sort, map=field_map)
    with told():
        stored = stored_of(chosen, from_kafka, topic, bootstrap, since, until)
        found = read_pack(pack)
        models = _models(found, model)
        for one in models:
            not_among(files or [], _target(pack, one), str(_target(pack, one)))
        key = _key(sign)
        training = ModelTraining(stored, found, models, settings_of(), _left_out(labels, alerts, found), seed)
        with chunks(training.summary) as shown:
            _read(training, shown)
        say_read(training.summary)
        made = [_made(training, one, found, pack, key, one_plan) for one in models]
    if not any(made):
        raise typer.Exit(1)


def _models(pack: Pack, name: str | None) -> Sequence[Declared]:
    known = [one.id for one in pack.models]
    if not known:
        raise Failed("the pack declares no model: see models.yaml of the shipped pack")
    if name is not None and name not in known:
        raise Failed(f"there is no model {name}; {nearest(name, known) or 'there are ' + ', '.join(known)}")
    return [one for one in pack.models if name in (None, one.id)]


def _read(training: ModelTraining, shown: Hear) -> None:
    try:
        training.read(shown)
    except TooLittle as error:
        say_read(training.summary)
        raise Failed(str(error)) from None


def _made(training: ModelTraining, model: Declared, pack: Pack, folder: Path, key: SigningKey | None,
          one_plan: bool) -> bool:  # fmt: skip
    """Whether a model was learnt and written; why not is told."""
    try:
        taught = training.learn(model, one_plan)
    except TooLittle as error:
        err.print(f"{model.id}: nothing was written: {error}", markup=False)
        return False
    _write(_target(folder, model), taught, pack, key)
    groups = ", ".join(f"{plan} ({told['entities']:,} entities)" for plan, told in taught.learnt.figures.items())
    out.print(f"{model.id}: {groups} written to {_target(folder, model)}", markup=False)
    return True


def _write(file: Path, taught: Taught, pack: Pack, key: SigningKey | None) -> None:
    data = written(taught.model, pack.catalog, pack.labels, taught.learnt.golden, key)
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise Failed(f"{file.parent}: cannot be made: {error.strerror}") from None
    with whole_file(file) as passing:
        passing.buffer.write(data)


def _target(pack: Path, model: Declared) -> Path:
    return pack / "models" / f"{model.id}{SUFFIX}"


def _left_out(labels: Path | None, alerts: Path | None, pack: Pack) -> list[str]:
    """Whom labels say to have done wrong, and whom open alerts name unless people have found them honest since."""
    try:
        told = pl.DataFrame(schema={"account_id": pl.String, "clause": pl.String})
        told = told if labels is None else read_labels(labels, pack.clauses)
        raised = pl.Series(dtype=pl.String) if alerts is None else stored_alerts(alerts, "info")["account_id"]
    except (LabelsRefused, AlertsRefused) as refused:
        raise Failed(str(refused)) from None
    guilty = set(told.filter(pl.col("clause").is_not_null())["account_id"])
    return sorted(guilty | (set(raised) - set(told["account_id"])))


def _key(path: Path | None) -> SigningKey | None:
    if path is None:
        return None
    try:
        if path.exists():
            return read_signing_key(path)
        key = new_signing_key()
        key.save(path)
    except (KeyRefused, PrivateFileRefused) as refused:
        raise Failed(str(refused)) from None
    err.print(f'made the key {key.id} in {path}; where models/{KEYS} of a pack is ["{as_text(key.public)}"], no model '
              "is taken up that it has not signed", markup=False)  # fmt: skip
    return key

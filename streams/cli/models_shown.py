"""`tipstaff models show` and `tipstaff models check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from detectors.anomaly.model import ANY, Declared, Model
from features.sql import nearest
from streams.cli.alerts import Json
from streams.cli.screen import Failed, PackDir, as_json, out, table, told
from streams.located import Flaw
from streams.pack import Pack, read_pack
from streams.pack.model_file import SUFFIX
from streams.quantities import number

Id = Annotated[str | None, typer.Argument(metavar="[ID]", help="one of the pack's models")]


def show(model: Id = None, pack: PackDir = None, json: Json = False) -> None:
    """The pack's models: what they read, what they learnt of whom, and how well it was tried."""
    with told():
        found = read_pack(pack)
    models = [_described(one, found) for one in _chosen(found, model)]
    if json:
        return as_json(models)
    if model is None:
        table("", ["model", "about", "features>", "p-value>", "groups>", "events>", "trained on"],
              [_row(one) for one in models])  # fmt: skip
        return None
    return _tell(models[0])


def check(model: Id = None, pack: PackDir = None, json: Json = False) -> None:
    """Whether the pack's trained models can be taken up: whole, grown by this library, on these features, agreeing
    with their golden vectors. Exit code 1 if one is not, or if the one asked for is not trained.
    """
    with told():
        found = read_pack(pack)
    chosen = [one.id for one in _chosen(found, model)]
    unfit = {Path(flaw.file).stem: flaw for flaw in found.warnings if flaw.file.endswith(SUFFIX)}
    results = [_checked(name, found, unfit.get(name)) for name in [*chosen, *(set(unfit) - set(chosen))]
               if model in (None, name)]  # fmt: skip
    if json:
        as_json(results)
    else:
        for one in results:
            out.print(f"{one['model']}: {one['says']}", markup=False)
    if any(one["good"] is False or (model and one["good"] is None) for one in results):
        raise typer.Exit(1)


def _checked(name: str, pack: Pack, flaw: Flaw | None) -> dict[str, Any]:
    """good: null where it is not trained."""
    learnt = next((one for one in pack.learnt if one.declared.id == name), None)
    if flaw is not None:
        return {"model": name, "good": False, "says": f"{flaw.message}; {flaw.hint}"}
    if learnt is None:
        return {"model": name, "good": None, "says": "not trained, so it is silent: tipstaff models train anomaly"}
    return {"model": name, "good": True, "says": f"good: {len(learnt.groups)} groups agree with their golden vectors"}


def _chosen(pack: Pack, name: str | None) -> Sequence[Declared]:
    known = [one.id for one in pack.models]
    if name is not None and name not in known:
        raise Failed(f"there is no model {name}; {nearest(name, known) or 'there are ' + (', '.join(known) or 'none')}")
    return [one for one in pack.models if name in (None, one.id)]


def _described(one: Declared, pack: Pack) -> dict[str, Any]:
    learnt = next((model for model in pack.learnt if model.declared.id == one.id), None)
    values = pack.catalog.values[one.entity]
    return {
        "model": one.id, "title": one.title, "entity": one.entity, "clause": one.clause, "severity": one.severity,
        "p_value": one.p_value, "trained": dict(learnt.about) if learnt else None,
        "features": [
            {"name": name, "unit": values[name].feature.unit, "usual": _usual(learnt, index)}
            for index, name in enumerate(one.features)
        ],
    }  # fmt: skip


def _usual(model: Model | None, index: int) -> dict[str, float] | None:
    """The median of a feature in each group."""
    return {plan: float(group.usual[index]) for plan, group in model.groups.items()} if model else None


def _row(one: Mapping[str, Any]) -> Sequence[object]:
    about = one["trained"]
    told = [len(about["groups"]), number(about["events"]), " to ".join(about["span"])] if about else ["", "", "nothing"]
    return [one["model"], one["entity"], len(one["features"]), number(one["p_value"]), *told]


def _tell(one: Mapping[str, Any]) -> None:
    out.print(f"{one['model']}: {one['title']}", markup=False)
    out.print(f"about the {one['entity']}, clause {one['clause']}, severity {one['severity']}, fires at a p-value of "
              f"{one['p_value']:g} and below", markup=False)  # fmt: skip
    about = one["trained"]
    if about is None:
        out.print("not trained, so it is silent: tipstaff models train anomaly", markup=False)
        table("", ["feature", "unit"], [(f["name"], f["unit"]) for f in one["features"]])
        return
    signed = f"signed with the key {about['signed_by']}" if about["signed_by"] else "not signed"
    out.print(f"trained on {about['events']:,} events from {' to '.join(about['span'])}, {about['left_out']:,} "
              f"accounts left out, under pack {about['pack']}, seed {about['seed']}, {about['library']}; {signed}",
              markup=False)  # fmt: skip
    table("\nwhat it was tried on",
          ["plan", "entities>", "left out as unlike>", "rows>", "held-back days>", "median score>", "p99>", "highest>",
           "of them at the p-value>", "same for all"],
          [_group(plan, told) for plan, told in about["groups"].items()])  # fmt: skip
    plans = list(about["groups"])
    table("\nwhat is usual (medians)", ["feature", *(f"{_plan(plan)}>" for plan in plans)],
          [[f["name"], *(number(f["usual"][plan], f["unit"]) for plan in plans)] for f in one["features"]])  # fmt: skip


def _group(plan: str, told: Mapping[str, Any]) -> Sequence[object]:
    scores, share = told["scores"], told["share_at_p"]
    return [_plan(plan), number(told["entities"]), number(told["left_out_as_unlike"]), number(told["rows"]),
            number(told["held_back_days"]),
            number(scores["p50"]), number(scores["p99"]), number(scores["p100"]),
            "too few to try" if share is None else number(share, "share"), ", ".join(told["same_for_all"])]  # fmt: skip


def _plan(plan: str) -> str:
    return "all others" if plan == ANY else plan

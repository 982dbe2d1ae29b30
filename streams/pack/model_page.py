"""The runbook page of a model."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.anomaly.model import Declared
from streams.pack.handling import see_it, undo_it
from streams.pack.reader import Pack

_HEAD = "<!-- Generated from detectors/pack/models.yaml by make pages; edit that file. -->"


def model_page(model: Declared, pack: Pack) -> str:
    """One page in Markdown."""
    return "\n".join(_lines(model, pack)).rstrip() + "\n"


def _lines(model: Declared, pack: Pack) -> Iterator[str]:
    clause = pack.clauses[model.clause]
    yield from (_HEAD, f"# {model.title}", "")
    about = f"severity **{model.severity}** · about a **{model.entity}** · clause **{clause.title}**"
    yield f"`{model.id}` · a model · {about} (looked at by {clause.role})"
    yield from ("", "A model says that something is unusual, never that it is wrong: it goes no further than a page.")
    yield from ("", "## Fires when", "", "- it is trained (`tipstaff models show` tells), and")
    yield (f"- at most {model.p_value * 100:g} % of the days of honest entities of the plan reach such a score "
           f"(p-value at most {model.p_value:g})")  # fmt: skip
    yield from ("", "## What it reads", "")
    values = pack.catalog.values[model.entity]
    for name in model.features:
        feature = values[name].feature
        yield f"- `{name}` ({feature.unit}; {feature.signal}): {feature.description}"
    yield from see_it(model.id, clause)
    yield from ("", "## First five minutes", "", model.runbook)
    yield from undo_it(model.id, model.entity, clause, pack.policy, is_model=True)
    yield from ("", "## Known false positives", "")
    yield from (f"- {text}" for text in model.false_positives)
    if model.references:
        yield from ("", "## References", "")
        yield from (f"- {text}" for text in model.references)

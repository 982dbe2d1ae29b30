"""A runbook page per rule and model, generated from the pack: `python -m streams.pack.runbooks FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from detectors.condition import Condition
from detectors.rules import Rule
from features.catalog import Feature
from streams.pack import Pack, read_pack
from streams.pack.handling import see_it, undo_it
from streams.pack.model_page import model_page

_HEAD = "<!-- Generated from detectors/pack/rules/{id}.yaml by make pages; edit that file. -->"


def by_template(pack: Pack) -> list[list[Rule]]:
    """The rules, those that were made for each clause together."""
    found: dict[str, list[Rule]] = {}
    for rule in pack.rules:
        found.setdefault(rule.template, []).append(rule)
    return list(found.values())


def page(rules: Sequence[Rule], pack: Pack) -> str:
    """One page in Markdown: of one rule, or of those that one template makes, shown by the first."""
    return "\n".join(_lines(rules[0], rules, pack)).rstrip() + "\n"


def _lines(rule: Rule, rules: Sequence[Rule], pack: Pack) -> Iterator[str]:
    clause = pack.clauses[rule.clause]
    yield from (_HEAD.format(id=rule.template), f"# {rule.title if len(rules) == 1 else rule.template}", "")
    about = rule.entity.replace("_", " ")
    if len(rules) == 1:
        what = f"severity **{rule.severity}** · about a **{about}** · clause **{clause.title}**"
        yield f"`{rule.id}` · {what} (looked at by {clause.role})"
    else:
        yield f"One rule for each of {len(rules)} clauses, about a **{about}**; shown for *{clause.title}*."
        yield from ("", "| rule | severity | clause | looked at by |", "|---|---|---|---|")
        yield from (f"| `{r.id}` | {r.severity} | {pack.clauses[r.clause].title} | {pack.clauses[r.clause].role} |"
                    for r in rules)  # fmt: skip
    if rule.victim:
        yield from ("", "The account holder is the one wronged: no strike, act on the key.")
    yield from ("", rule.description, "", "## Fires when", "")
    yield from (f"- {_group(group)}" for group in rule.when)
    if rule.for_ms:
        yield f"- and all of it has held for {rule.for_ms // 60_000} min"
    if rule.features:
        yield from ("", "## What it reads", "")
        yield from (_feature(feature) for feature in rule.features)
    yield from see_it(rule.id, clause)
    yield from ("", "## First five minutes", "", rule.runbook)
    yield from undo_it(rule.id, rule.entity, clause, pack.policy)
    yield from ("", "## Known false positives", "")
    yield from (f"- {text}" for text in rule.false_positives)
    if rule.references:
        yield from ("", "## References", "")
        yield from (f"- {text}" for text in rule.references)
    yield from ("", "## Its tests", "")
    yield from (f"- {'fires' if test['fires'] else 'must not fire'}: {test['name']}" for test in rule.tests)


def _group(group: tuple[Condition, ...]) -> str:
    return " or ".join(f"`{condition.text}`" for condition in group)


def _feature(feature: Feature) -> str:
    windows = ", ".join(window.name for window in feature.windows)
    return f"- `{feature.name}` ({windows or 'no window'}; {feature.unit}; {feature.signal}): {feature.description}"


def pages(pack: Pack) -> dict[str, str]:
    """Every page of a pack by its file's name."""
    of_rules = {f"{rules[0].template}.md": page(rules, pack) for rules in by_template(pack)}
    return of_rules | {f"{model.id}.md": model_page(model, pack) for model in pack.models}


def write_pages(folder: Path, pack: Pack) -> None:
    """Write every page, and take away those of rules and models that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {folder / name: text for name, text in pages(pack).items()}
    for stale in set(folder.glob("*.md")) - set(found):
        stale.unlink()
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), read_pack())

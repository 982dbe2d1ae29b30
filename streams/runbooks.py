"""A runbook page per rule, generated from its YAML: `python -m streams.runbooks FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from detectors.condition import Condition
from detectors.rules import Rule
from features.catalog import Feature
from streams.pack import Pack, read_pack

_HEAD = "<!-- Generated from detectors/pack/rules/{id}.yaml by make pages; edit that file. -->"


def page(rule: Rule, pack: Pack) -> str:
    """One rule's page in Markdown."""
    return "\n".join(_lines(rule, pack)).rstrip() + "\n"


def _lines(rule: Rule, pack: Pack) -> Iterator[str]:
    clause = pack.clauses[rule.clause]
    yield from (_HEAD.format(id=rule.id), f"# {rule.title}", "")
    what = f"severity **{rule.severity}** · about a **{rule.entity}** · clause **{clause.title}**"
    yield f"`{rule.id}` · {what} (looked at by {clause.role})"
    yield from ("", rule.description, "", "## Fires when", "")
    yield from (f"- {_group(group)}" for group in rule.when)
    if rule.for_ms:
        yield f"- and all of it has held for {rule.for_ms // 60_000} min"
    if rule.features:
        yield from ("", "## What it reads", "")
        yield from (_feature(feature) for feature in rule.features)
    yield from ("", "## What to do", "", rule.runbook, "", "## Known false positives", "")
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


def write_pages(folder: Path, pack: Pack) -> None:
    """Write every rule's page, and take away those of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {folder / f"{rule.id}.md": page(rule, pack) for rule in pack.rules}
    for stale in set(folder.glob("*.md")) - set(pages):
        stale.unlink()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), read_pack())

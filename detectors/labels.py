"""What upstream classifiers call things, mapped onto clauses: their codes move between versions, so each names its."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from features.catalog import Problem, Refused
from features.declared import listed, unknown_keys
from features.sql import nearest

COLUMNS = ("type", "taxonomy", "version", "label", "outcome", "clause")
"""The event columns that the mapping reads and writes."""

_KEYS = ("taxonomy", "versions", "words", "labels")
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Labels:
    """Clauses by (taxonomy, version, label), in lower case; a version of None stands for all of them.

    words: labels that are words of their own, understood without a taxonomy too.
    """

    clauses: Mapping[tuple[str, str | None, str], str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def told(self, events: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """The events with the clause of each verdict, and how many flagged ones have a label of no known clause.

        A label that nobody mapped is unknown, neither clean nor guilty: its verdict keeps no clause.
        """
        if "clause" not in events.columns or not (verdict := events["type"] == "moderation").any():
            return events, 0
        key = [pl.col(name).str.to_lowercase().fill_null("") for name in ("taxonomy", "version", "label")]
        exact = pl.concat_str(key, separator=_SEPARATOR)
        versionless = pl.concat_str(key[0], pl.lit(""), key[2], separator=_SEPARATOR)
        bare = pl.when(pl.col("taxonomy").is_null()).then(key[2])
        known = [self._looked_up(text, table) for text, table in
                 ((exact, self._exact), (versionless, self._versionless), (bare, self.words))]  # fmt: skip
        clause = pl.when(pl.Series(verdict)).then(pl.coalesce(*known, "clause")).otherwise("clause")
        found = events.with_columns(clause.alias("clause"))
        flagged = verdict & (found["outcome"] == "flagged").fill_null(False) & found["clause"].is_null()
        return found, int(flagged.sum())

    @staticmethod
    def _looked_up(text: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
        if not table:
            return pl.lit(None, pl.String)
        return text.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)

    @cached_property
    def _exact(self) -> dict[str, str]:
        return {_SEPARATOR.join((t, v, one)): c for (t, v, one), c in self.clauses.items() if v is not None}

    @cached_property
    def _versionless(self) -> dict[str, str]:
        return {_SEPARATOR.join((t, "", one)): c for (t, v, one), c in self.clauses.items() if v is None}

    def of_clause(self, clause: str) -> list[str]:
        """The labels that a clause is known by, for people: `llama-guard 3 S1`."""
        return [" ".join(part for part in (t, v, label) if part)
                for (t, v, label), c in self.clauses.items() if c == clause]  # fmt: skip


def build_labels(declared: Sequence[Any], clauses: Sequence[str]) -> Labels:
    """Check label tables. Raises Refused; each problem's path begins with the table's number."""
    problems: list[Problem] = []
    found: dict[tuple[str, str | None, str], str] = {}
    words: dict[str, str] = {}
    for index, one in enumerate(declared):
        wrong = list(_problems(one, clauses)) or list(_doubles(one, found))
        problems += [replace(problem, path=(index, *problem.path)) for problem in wrong]
        if wrong:
            continue
        found |= {(taxonomy, version, label.lower()): clause
                  for taxonomy, version in _versions(one) for label, clause in one["labels"].items()}  # fmt: skip
        words |= {label.lower(): clause for label, clause in one["labels"].items()} if one.get("words") else {}
    if problems:
        raise Refused(problems)
    return Labels(found, words)


def _versions(one: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    taxonomy = str(one["taxonomy"]).lower()
    return [(taxonomy, str(version).lower()) for version in listed(one.get("versions"))] or [(taxonomy, None)]


def _problems(one: Any, clauses: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(one, Mapping):
        yield Problem((), "a table of labels is a mapping of keys", f"its keys are {', '.join(_KEYS)}")
        return
    yield from unknown_keys(one, _KEYS)
    if not one.get("taxonomy"):
        yield Problem((), "taxonomy is missing", "say whose labels these are")
    labels = one.get("labels")
    if not isinstance(labels, Mapping) or not labels:
        yield Problem((), "labels is missing", "labels: {S1: violence, …}")
        return
    for label, clause in labels.items():
        if not isinstance(label, str):
            yield Problem(("labels",), f"the label {label} is not a text", "quote it")
        elif clause not in clauses:
            yield Problem(("labels", label), f"unknown clause {clause}", nearest(str(clause), list(clauses)))


def _doubles(one: Mapping[str, Any], known: Mapping[tuple[str, str | None, str], str]) -> Iterator[Problem]:
    for taxonomy, version in _versions(one):
        for label in one["labels"]:
            if (taxonomy, version, label.lower()) in known:
                about = " ".join(part for part in (taxonomy, version, label) if part)
                yield Problem(("labels", label), f"{about} is mapped twice", "remove one")

"""docs/policy.md, generated from the pack: `python -m streams.pack.policy_page FILE`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from detectors.anomaly.model import Declared
from detectors.clauses import Clause, watched_by
from detectors.rules import Rule
from streams.pack import Pack, read_pack
from streams.pack.ladder_words import what_follows

_HEAD = """\
<!-- Generated from detectors/pack by make pages; edit the files there. -->
# The policy, clause by clause

What each clause forbids, how it is watched, what cannot be seen, and whom it may wrong. `rule`: by behaviour; \
`verdict`: through upstream classifiers' verdicts, judged as a share of all verdicts and never by a bare count; \
`reports_only`: through people's reports alone. A clause without a basis goes no further than a page. Clauses marked \
*example* are from an operator's own terms: replace them with yours.

What follows is policy.yaml's: rules never name a punishment. The highest step that is reached is wanted; then guards \
may hold it back (the enforcement switch, lag and age of evidence, the rule's stage, a mute after a reinstatement, \
own evidence, what is known of the account, budgets, two people), never a page or a case. Own signals are kinds of \
evidence about the same matter; what accounts share and a model's word never count.
"""

_PATHS = {
    "ordinary": "",
    "care": "A person at risk is not an offender: what follows is care, never a strike.",
    "child_safety": "Child safety has a path of its own: its alerts show in no ordinary list and say how one knows.",
    "ours": "This is no breach by the account: people look at it, and nothing follows.",
}


def page(pack: Pack) -> str:
    """The page in Markdown."""
    return "\n".join(_lines(pack)).rstrip() + "\n"


def _lines(pack: Pack) -> Iterator[str]:
    yield _HEAD
    yield from ("| clause | coverage | default severity | looked at by |", "|---|---|---|---|")
    yield from (f"| [{c.title}](#{c.id}) | {c.coverage} | {c.severity} | {c.role} |" for c in pack.clauses.values())
    for clause in pack.clauses.values():
        models = [model for model in pack.models if model.clause == clause.id]
        yield from _clause(clause, watched_by(clause.id, pack.rules), models, pack.labels.of_clause(clause.id))
        yield from ("", *what_follows(clause, pack.policy))


def _clause(clause: Clause, rules: Sequence[Rule], models: Sequence[Declared],
            labels: Sequence[str]) -> Iterator[str]:  # fmt: skip
    yield from ("", f'<a id="{clause.id}"></a>', "", f"## {clause.title}", "", f"`{clause.id}` · {_basis(clause)}", "")
    yield from (clause.text, "")
    if _PATHS[clause.path]:
        yield from (_PATHS[clause.path], "")
    yield f"**Watched** ({clause.coverage}):"
    yield from ("", *(_rule(rule) for rule in rules), *(_model(model) for model in models))
    if labels:
        yield from ("", f"Labels that stand for it: {', '.join(f'`{label}`' for label in labels)}.")
    yield from ("", "**Cannot be seen:**", "", *(f"- {text}" for text in clause.cannot_see))
    told = [*(rule.false_positives for rule in rules), *(model.false_positives for model in models)]
    wronged = dict.fromkeys(text for texts in told for text in texts)
    yield from ("", "**Known false positives:**", "", *(f"- {text}" for text in wronged))


def _basis(clause: Clause) -> str:
    example = " (example)" if clause.example else ""
    if not clause.basis:
        return f"no basis: a page at most{example}"
    basis = clause.basis
    return f"{basis['document']}, version {basis['version']}, {basis['section']}{example}"


def _rule(rule: Rule) -> str:
    victim = "; the account holder is the one wronged" if rule.victim else ""
    about = rule.entity.replace("_", " ")
    return (f"- [{rule.title}](runbooks/{rule.template}.md) (`{rule.id}`, {rule.severity}, about the {about}; "
            f"{', '.join(rule.signals)}{victim})")  # fmt: skip


def _model(model: Declared) -> str:
    return (f"- [{model.title}](runbooks/{model.id}.md) (`{model.id}`, {model.severity}, about the {model.entity}; "
            "a model, once it is trained)")  # fmt: skip


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(read_pack()), encoding="utf-8")

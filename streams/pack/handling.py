"""How people see what a detector raises, and take back what came of it: sections of its runbook page."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.clauses import Clause
from features.cluster_catalog import CLUSTER
from streams.enforcement.policy.declared_clauses import PAGE
from streams.enforcement.policy.policy import Policy


def see_it(detector: str, clause: Clause) -> Iterator[str]:
    """Where its alerts show: commands, the built-in page, Grafana, its metric."""
    restricted = " --restricted" if clause.restricted else ""
    yield from ("", "## See it", "")
    if clause.restricted:
        yield ("- Only people with the child-safety role see these alerts and their cases; who looked at them is in "
               "the audit.")  # fmt: skip
    yield (f"- `tipstaff alerts list --rule {detector}{restricted}`, and why one was raised: "
           f"`tipstaff alerts explain ALERT{restricted}`")  # fmt: skip
    yield f"- what people have to do about it: `tipstaff cases list --clause {clause.id}`"
    yield f"- the built-in page: `/alerts?rule={detector}`, `/rules/{detector}`"
    if not clause.restricted:
        yield f"- Grafana: `/d/tipstaff-detection?var-rule={detector}`"
    raised = f'sum without (instance, pod) (increase(tipstaff_alerts_total{{rule="{detector}"}}[1d]))'
    yield f"- how often: `{raised}` alerts a day"


def undo_it(detector: str, entity: str, clause: Clause, policy: Policy, *, is_model: bool = False) -> Iterator[str]:
    """What may have been done because of it, and how that is undone."""
    yield from ("", "## Undo it", "")
    if clause.path == "child_safety":
        yield ("No bulk undo reaches child safety's actions. Somebody with that role lifts one: `tipstaff actions undo "
               "ACTION --why …`. Legal holds stay.")  # fmt: skip
    elif is_model or not _restricts(entity, clause, policy):
        yield ("Nothing was done to the account: an alert brings a case or a page at most. Close the case as honest, "
               "`tipstaff cases close CASE --disposition no_violation --why …`: dispositions are what rules are judged "
               "by.")  # fmt: skip
    else:
        yield from _commands(detector)


def _restricts(entity: str, clause: Clause, policy: Policy) -> bool:
    """Whether a machine may do anything at all on its word."""
    own = policy.clauses.get(clause.id)
    nothing = own is None or clause.page_only or own.ceiling == PAGE or not own.ladders
    return clause.path == "ordinary" and entity != CLUSTER and not nothing


def _commands(detector: str) -> Iterator[str]:
    yield f"1. What came of it: `tipstaff actions list --rule {detector} --all`."
    yield ("2. One that was wrong: `tipstaff actions undo ACTION --why …` lifts it, takes its strikes back, and mutes "
           "the rule for that account.")  # fmt: skip
    yield (f"3. The rule itself is wrong: `tipstaff rules demote {detector} --why …` first, so that it acts on "
           f"nobody more; then `tipstaff actions undo --rule {detector} --since 24h --why …`, which shows whom it "
           "would reach, and does it with `--yes`.")  # fmt: skip

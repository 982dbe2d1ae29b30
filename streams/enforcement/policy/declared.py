"""A policy as declared in policy.yaml, checked: everything wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from detectors.alert import SEVERITIES
from detectors.clauses import Clause
from features.catalog import Problem, Refused
from features.declared import unknown_keys
from streams.enforcement.policy.amounts import (
    amount_problems,
    duration_problems,
    key_problems,
    mapping_problems,
    ms,
    text_problems,
    whole_problems,
    word_problems,
)
from streams.enforcement.policy.declared_budgets import budget_problems, built_budgets
from streams.enforcement.policy.declared_clauses import built_clauses, clause_problems
from streams.enforcement.policy.declared_ladders import built_ladders, ladder_problems
from streams.enforcement.policy.declared_models import model_problems
from streams.enforcement.policy.declared_reporters import built_reporters, reporter_problems
from streams.enforcement.policy.declared_rungs import RUNGS, built_terms, terms_problems
from streams.enforcement.policy.policy import REACTIONS, STAGES, Policy, Protections
from streams.enforcement.policy.rungs import QUARANTINE_KEY, STOP_WORKLOAD, THROTTLE
from streams.enforcement.policy.strictest import STRICTEST, laid_over

KEYS = tuple(STRICTEST)
"""Every key of policy.yaml."""

_DURATIONS = ("open", "strike_decay", "mute", "narrower_within", "end_user_deadline", "lag", "demote_within")
_WHOLE = ("people", "narrower_tries", "demote_overturns", "campaign_per_hour")
_TEXTS = ("appeal_url", "terms_url", "canary_salt")
_WITHOUT_FACTS = (THROTTLE, QUARANTINE_KEY, STOP_WORKLOAD)


def build_policy(declared: Mapping[str, Any], clauses: Mapping[str, Clause], rules: Iterable[str]) -> Policy:
    """Check a policy; what it does not say is the strictest. Raises Refused; each problem's path locates it.

    rules: the ids of all rules that it may name.
    """
    wrong = mapping_problems(declared, (), f"its keys are {', '.join(KEYS)}")
    if wrong:
        raise Refused(wrong)
    whole = laid_over(STRICTEST, dict(declared))
    wrong = [*unknown_keys(declared, KEYS), *_problems(whole, clauses, [*rules])]
    if wrong:
        raise Refused(wrong)
    return _policy(whole, clauses)


def strictest() -> Policy:
    """What holds where there is no policy: nothing but pages."""
    return build_policy({}, {}, ())


def _problems(whole: Mapping[str, Any], clauses: Mapping[str, Clause], rules: list[str]) -> Iterator[Problem]:
    for key in _DURATIONS:
        yield from duration_problems(whole[key], (key,))
    for key in _WHOLE:
        yield from whole_problems(whole[key], (key,))
    for key in _TEXTS:
        yield from text_problems(whole[key], (key,))
    yield from amount_problems(whole["demote_above_forecast"], ("demote_above_forecast",))
    yield from _alone(whole["alone"])
    yield from _reactions(whole["reactions"])
    yield from _protections(whole["protections"])
    yield from _unknown_facts(whole["unknown_facts"])
    yield from _stages(whole["stages"], rules)
    yield from budget_problems(whole["budgets"])
    yield from reporter_problems(whole["reporters"])
    yield from model_problems(whole["models"])
    yield from terms_problems(whole["rungs"], whole["budgets"] if isinstance(whole["budgets"], Mapping) else ())
    yield from ladder_problems(whole["ladders"])
    ladders = whole["ladders"] if isinstance(whole["ladders"], Mapping) else {}
    yield from clause_problems(whole["clauses"], clauses, ladders)


def _alone(one: Any) -> Iterator[Problem]:
    wrong = mapping_problems(one, ("alone",), '"*": 30m, terminate: 24h')
    yield from wrong or key_problems(one, ("alone",), "rung", ("*", *RUNGS))
    for rung, text in one.items() if not wrong else ():
        yield from duration_problems(text, ("alone", rung))


def _reactions(one: Any) -> Iterator[Problem]:
    wrong = mapping_problems(one, ("reactions",), "high: page")
    found = wrong or key_problems(one, ("reactions",), "severity", SEVERITIES)
    for severity, reaction in one.items() if not wrong else ():
        found += word_problems(reaction, ("reactions", severity), "reaction", REACTIONS)
    yield from found
    most = "list"
    for severity in SEVERITIES if not found else ():
        if REACTIONS.index(one[severity]) < REACTIONS.index(most):
            yield Problem(("reactions", severity), f"{severity} brings less than a lower severity does",
                          f"say {most}")  # fmt: skip
        most = max(most, one[severity], key=REACTIONS.index)


def _protections(one: Any) -> Iterator[Problem]:
    path, keys = ("protections",), ("older_than", "spend_usd_90d", "dependants")
    wrong = mapping_problems(one, path, f"its keys are {', '.join(keys)}") or unknown_keys(one, keys, *path)
    yield from wrong
    if not wrong:
        yield from duration_problems(one["older_than"], (*path, "older_than"))
        yield from amount_problems(one["spend_usd_90d"], (*path, "spend_usd_90d"))
        yield from whole_problems(one["dependants"], (*path, "dependants"))


def _unknown_facts(one: Any) -> Iterator[Problem]:
    wrong = mapping_problems(one, ("unknown_facts",), '"*": [], trial: [stop_workload]')
    yield from wrong
    for plan, rungs in one.items() if not wrong else ():
        path = ("unknown_facts", plan)
        if not isinstance(plan, str) or not isinstance(rungs, list):
            yield Problem(path, f"the plan {plan} must be a text with a list of rungs", '"*" stands for all others')
            continue
        for index, rung in enumerate(rungs):
            yield from word_problems(rung, (*path, index), "rung for keys and workloads", _WITHOUT_FACTS)


def _stages(one: Any, rules: list[str]) -> Iterator[Problem]:
    wrong = mapping_problems(one, ("stages",), "my-rule: canary") or key_problems(one, ("stages",), "rule", rules)
    yield from wrong
    for rule, stage in one.items() if isinstance(one, Mapping) else ():
        yield from word_problems(stage, ("stages", rule), "stage", STAGES)


def _policy(whole: Mapping[str, Any], clauses: Mapping[str, Clause]) -> Policy:
    protected, facts = whole["protections"], whole["unknown_facts"]
    return Policy(
        people=whole["people"], alone_ms={rung: ms(text) for rung, text in whole["alone"].items()},
        terms=built_terms(whole["rungs"]),
        clauses=built_clauses(whole["clauses"], clauses, built_ladders(whole["ladders"])),
        protections=Protections(ms(protected["older_than"]), float(protected["spend_usd_90d"]),
                                protected["dependants"]),
        budgets=built_budgets(whole["budgets"]), stages=dict(whole["stages"]), reactions=dict(whole["reactions"]),
        unknown_facts={plan: frozenset(rungs) for plan, rungs in facts.items()},
        open_ms=ms(whole["open"]), strike_decay_ms=ms(whole["strike_decay"]), mute_ms=ms(whole["mute"]),
        narrower_tries=whole["narrower_tries"], narrower_within_ms=ms(whole["narrower_within"]),
        end_user_deadline_ms=ms(whole["end_user_deadline"]), lag_ms=ms(whole["lag"]),
        demote_above_forecast=float(whole["demote_above_forecast"]), demote_overturns=whole["demote_overturns"],
        demote_within_ms=ms(whole["demote_within"]), appeal_url=whole["appeal_url"], terms_url=whole["terms_url"],
        campaign_per_hour=whole["campaign_per_hour"], canary_salt=whole["canary_salt"],
        reporters=built_reporters(whole["reporters"]), models_per_day=whole["models"]["per_day"],
    )  # fmt: skip

"""Policies with one mistake each, as files by name: what people get wrong when they write what follows."""

from __future__ import annotations

_BASIS = "basis: {document: policy, version: '1', section: Mining}, "


def _clause(also: str) -> str:
    return ("clauses:\n  - {id: mine, title: Mine, text: No mining, severity: high, role: security, coverage: rule, "
            f"detectors: [many-pages], {also}cannot_see: [much]}}\n")  # fmt: skip


def policy(text: str, also: str = _BASIS) -> dict[str, str | bytes]:
    """A policy laid over the shipped one, beside a clause `mine` that rests on a document."""
    return {"clauses.yaml": _clause(also), "policy.yaml": text}


def steps(*found: str, kind: str = "account") -> dict[str, str | bytes]:
    """A ladder with these steps, each in YAML's flow style."""
    lines = "".join(f"      - {{{one}}}\n" for one in found)
    return policy(f"{_MINE}ladders:\n  hard:\n    {kind}:\n{lines}")


def mine(text: str, also: str = _BASIS) -> dict[str, str | bytes]:
    """What the policy says of the clause `mine`, beside a ladder called hard."""
    return policy(f"{_HARD}clauses:\n  mine: {{{text}}}\n", also)


_SOUND = "to_lift: Stop., dsa_category: OTHER_VIOLATION_TC"
_MINE = f"clauses:\n  mine: {{ceiling: page, {_SOUND}}}\n"
_HARD = ("ladders:\n  hard:\n    account:\n      - {rung: notice, severity: low}\n"
         "      - {rung: suspend, severity: high, signals: 2}\n")  # fmt: skip
_CARE, _CHILD = _BASIS + "path: care, ", _BASIS + "path: child_safety, "
_NOTICE = "rung: notice, severity: low"

POLICY_MISTAKES: dict[str, dict[str, str | bytes]] = {
    "a policy that is a list": policy("- people: 2\n"),
    "a policy's unknown key": policy(_MINE + "poeple: 2\n"),
    "no people": policy(_MINE + "people: 0\n"),
    "a policy's duration": policy(_MINE + "mute: a month\n"),
    "no time at all": policy(_MINE + "open: 0s\n"),
    "a text that is a number": policy(_MINE + "canary_salt: 7\n"),
    "demoted above nothing": policy(_MINE + "demote_above_forecast: 0\n"),
    "a clause that the policy says nothing of": policy("people: 2\n"),
    "alone on an unknown rung": policy(_MINE + "alone: {terminat: 24h}\n"),
    "a reaction": policy(_MINE + "reactions: {high: email}\n"),
    "a reaction to an unknown severity": policy(_MINE + "reactions: {severe: page}\n"),
    "reactions that fall": policy(_MINE + "reactions: {critical: case}\n"),
    "protections without end": policy(_MINE + "protections: {older_than: ever, dependants: 0, spend_usd_90d: -5}\n"),
    "protections of something else": policy(_MINE + "protections: {older: 90d}\n"),
    "unknown facts of a plan": policy(_MINE + "unknown_facts: {7: [throttle]}\n"),
    "unknown facts and a suspension": policy(_MINE + "unknown_facts: {trial: [suspend]}\n"),
    "a stage of an unknown rule": policy(_MINE + "stages:\n  many-page: live\n"),
    "an unknown stage": policy(_MINE + "stages: {many-pages: lively}\n"),
    # rungs
    "terms of an unknown rung": policy(_MINE + "rungs:\n  throtle: {lasts: 1h}\n"),
    "a term's unknown key": policy(_MINE + "rungs:\n  throttle: {last: 1h}\n"),
    "a term taken away": policy(_MINE + "rungs:\n  throttle: {purse: }\n"),
    "an unknown purse": policy(_MINE + "rungs:\n  throttle: {purse: thrott}\n"),
    "an unknown way to lift": policy(_MINE + "rungs:\n  throttle: {lifts: never}\n"),
    "a suspension without an end": policy(_MINE + "rungs:\n  suspend: {lasts: until lifted}\n"),
    "a single person to terminate": policy(_MINE + "rungs:\n  terminate: {people: 1}\n"),
    # budgets
    "a budget of zero": policy(_MINE + "budgets:\n  suspend: {rule_per_hour: 0}\n"),
    "a budget below zero": policy(_MINE + "budgets:\n  suspend:\n    per_hour: -3\n"),
    "a budget's unknown key": policy(_MINE + "budgets:\n  suspend: {rule_per_day: 5}\n"),
    "a share above all": policy(_MINE + "budgets:\n  suspend: {share_per_day: 5}\n"),
    "a budget without a limit": policy(_MINE + "budgets: {own: {share_from_h: 20}}\n"),
    # reporters
    "reporters that are a list": policy(_MINE + "reporters: [agency]\n"),
    "reporters' unknown key": policy(_MINE + "reporters: {trustees: [agency]}\n"),
    "one trusted reporter without a list": policy(_MINE + "reporters: {trusted: agency}\n"),
    "a reporter who is a number": policy(_MINE + "reporters: {distrusted: [r-1, 7]}\n"),
    "a share of all reports": policy(_MINE + "reporters: {known_from: 50}\n"),
    "due by an unknown trust": policy(_MINE + "reporters: {due: {trustworthy: 4h}}\n"),
    "due at no time": policy(_MINE + "reporters: {due: {known: soon}}\n"),
    "trusted and distrusted": policy(_MINE + "reporters: {trusted: [agency], distrusted: [agency]}\n"),
    "known and distrusted at once": policy(_MINE + "reporters: {known_from: 0.05}\n"),
    "the trusted wait longest": policy(_MINE + "reporters: {due: {trusted: 48h}}\n"),
    # models
    "models that are a number": policy(_MINE + "models: 20\n"),
    "models' unknown key": policy(_MINE + "models: {per_hour: 3}\n"),
    "models that nobody hears of": policy(_MINE + "models: {per_day: 0}\n"),
    # ladders
    "a ladder that is a list": policy(_MINE + "ladders:\n  hard: [notice]\n"),
    "a ladder of an unknown kind": steps(_NOTICE, kind="pod"),
    "a ladder without steps": policy(_MINE + "ladders: {hard: {account: []}}\n"),
    "a step that is a text": policy(_MINE + "ladders: {hard: {account: [notice]}}\n"),
    "a step's unknown key": steps(_NOTICE + ", signal: 2"),
    "a step's missing keys": steps("rung: notice"),
    "a step's severity": steps("rung: notice, severity: lowest"),
    "a step's strikes": steps(_NOTICE + ", strikes: -1"),
    "an unknown rung": steps("rung: suspnd, severity: high"),
    "a ladder that terminates": steps("rung: terminate, severity: critical"),
    "a ladder that contains": steps("rung: contain, severity: critical"),
    "a rung that is not for a kind": steps("rung: stop_workload, severity: high", kind="key"),
    "a suspension on one signal": steps("rung: suspend, severity: high"),
    "a suspension on one signal, said so": steps("rung: suspend, severity: high, signals: 1"),
    "a circular ladder": steps(_NOTICE, "rung: throttle, severity: medium", "rung: notice, severity: high"),
    "a shrinking ladder": steps("rung: throttle, severity: medium", _NOTICE),
    "a ladder that needs less": steps("rung: notice, severity: high, strikes: 2",
                                      "rung: throttle, severity: medium, strikes: 1"),
    "a ladder that needs no more": steps(_NOTICE, "rung: throttle, severity: low"),
    # clauses
    "a policy of an unknown clause": policy("clauses:\n  minne:\n    ceiling: page\n"),
    "a clause's policy that is a text": policy("clauses: {mine: page}\n"),
    "a clause's policy's unknown key": mine(f"ceiling: page, lader: hard, {_SOUND}"),
    "a clause's policy's missing keys": mine("ceiling: page"),
    "an unknown ceiling": mine(f"ceiling: terminate, ladder: hard, {_SOUND}"),
    "an unknown category": mine("ceiling: page, to_lift: Stop., dsa_category: SPAM"),
    "an unknown ladder": mine(f"ceiling: suspend, ladder: herd, {_SOUND}"),
    "unlawful, perhaps": mine(f"ceiling: page, illegal: maybe, {_SOUND}"),
    "a ladder above the ceiling": mine(f"ceiling: throttle, ladder: hard, {_SOUND}"),
    "a ceiling without a ladder": mine(f"ceiling: throttle, {_SOUND}"),
    "a ladder for a person at risk": mine(f"ceiling: page, ladder: hard, {_SOUND}", _CARE),
    "a ladder for child safety": mine(f"ceiling: contain, ladder: hard, {_SOUND}", _CHILD),
    "a ceiling above care": mine(f"ceiling: notice, {_SOUND}", _CARE),
    "containing what is no child safety": mine(f"ceiling: contain, {_SOUND}"),
    "more than a page without a document": mine(f"ceiling: suspend, ladder: hard, {_SOUND}", ""),
}  # fmt: skip

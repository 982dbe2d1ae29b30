"""Any alerts, standings and policies, for what must hold of every decision."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from policy_matters import CLAUSES, MINUTE_MS, NOW, POLICY, action, alert, warned

from detectors.alert import SEVERITIES, Alert
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.policy.action import Action, State
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import REACTIONS, Policy, Step
from streams.enforcement.policy.rungs import HEIGHT, TARGETS
from streams.enforcement.policy.standing import Standing, Strike, Warned

KINDS = ("account", "key", "workload", "end_user")
NAMES = (*CLAUSES, "unheard-of")
OFTEN = ("mining", "content", "theft") * 4 + NAMES
SIGNALS = ("output", "network", "process", "content", "report", "identity", "link", "model")

_ago = st.sampled_from(
    [0, MINUTE_MS, 11 * MINUTE_MS, 61 * MINUTE_MS, 5 * HOUR_MS, 30 * HOUR_MS, 4 * DAY_MS, 100 * DAY_MS]
)
_users = st.lists(st.sampled_from(["user-1", "user-2", "user-3"]), max_size=2, unique=True).map(tuple)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Any alert of the account; now and then one of a clause that nobody knows."""
    ago = draw(_ago)
    return alert(
        draw(st.sampled_from(OFTEN)), draw(st.sampled_from(("account", "account", *KINDS))),
        draw(st.sampled_from(["pod-1", "pod-2", "user-1"])),
        rule=f"rule-{draw(st.integers(0, 9))}", severity=draw(st.sampled_from(["high", "medium", *SEVERITIES, "dire"])),
        signals=tuple(draw(st.lists(st.sampled_from(SIGNALS), max_size=3, unique=True))), time=NOW - ago,
        revision=draw(st.integers(1, 3)), victim=draw(st.sampled_from([None, None, None, "holder"])),
        knowledge=draw(st.sampled_from([None, None, "hash_match", "classifier"])), end_users=draw(_users),
    )  # fmt: skip


@st.composite
def actions(draw: st.DrawFn) -> Action:
    """Any action against the account or a part of it."""
    kind = draw(st.sampled_from(KINDS))
    ago = draw(_ago)
    ends = draw(st.sampled_from([None, NOW - ago + HOUR_MS]))
    entity = "acct" if kind == "account" else draw(st.sampled_from(["pod-1", "pod-2", "user-1"]))
    rung = draw(st.sampled_from([rung for rung in TARGETS if kind in TARGETS[rung]]))
    return action(rung, kind, entity, ago, draw(st.sampled_from(list(State))), ends_ms=ends,
                  clause=draw(st.sampled_from(NAMES)))  # fmt: skip


def _warnings(users: tuple[str, ...], left_ms: int, clause: str) -> Warned:
    return warned(*users, deadline_ms=NOW + left_ms, clause=clause)


standings = st.builds(
    Standing, st.just("acct"), actions=st.lists(actions(), max_size=4).map(tuple),
    strikes=st.lists(st.builds(Strike, st.sampled_from(NAMES), _ago.map(lambda ago: NOW - ago)), max_size=5).map(tuple),
    warned=st.lists(st.builds(_warnings, _users, st.sampled_from([-5 * DAY_MS, -HOUR_MS, HOUR_MS]), st.just("content")),
                    max_size=3).map(tuple),
    suspended_elsewhere=st.booleans(),
)  # fmt: skip
known = st.sampled_from([None, Facts("acct", NOW), Facts("acct", NOW, stateful_workloads=frozenset({"pod-1"}))])
situations = st.tuples(st.lists(alerts(), min_size=1, max_size=5), known, standings)

_steps = st.builds(Step, st.sampled_from(list(HEIGHT)), st.sampled_from(SEVERITIES), st.integers(0, 2),
                   st.integers(0, 2))  # fmt: skip
_ladders = st.fixed_dictionaries({kind: st.lists(_steps, max_size=3).map(tuple) for kind in KINDS})


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any ladders under any ceilings, also such as no file may declare, and any reactions."""
    ceilings = st.sampled_from(["notice", "throttle", "suspend", "suspend", "contain"])
    laws = {name: replace(one, ladders=draw(_ladders), ceiling=draw(ceilings)) for name, one in POLICY.clauses.items()}
    reactions = {severity: draw(st.sampled_from(REACTIONS)) for severity in SEVERITIES}
    return replace(POLICY, clauses=laws, reactions=reactions, narrower_tries=draw(st.integers(1, 3)))


Situation = tuple[list[Alert], Facts | None, Standing]

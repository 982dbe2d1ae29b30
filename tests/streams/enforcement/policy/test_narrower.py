"""The narrower comes first."""

from __future__ import annotations

from dataclasses import replace

from policy_matters import MINUTE_MS, NOW, POLICY, action, alert, decided, strikes

from features.ticks import HOUR_MS, TICK_MS
from streams.enforcement.policy.action import Action, State
from streams.enforcement.policy.decision import Outcome, Reason
from streams.enforcement.policy.facts import Facts


def test_one_mining_pod_among_five_hundred_is_stopped_alone() -> None:
    """The pod is stopped; its account, whose own rule fires for it, is told and not restricted."""
    pod, account = alert(kind="workload", entity="pod-7", rule="pods"), alert(rule="accounts", severity="critical")
    calm = [alert("content", "workload", f"pod-{n}", rule=f"calm-{n}", severity="low") for n in range(500)]
    found = decided(pod, account, *calm, strikes=strikes(5))
    assert (found.outcome, found.rung, found.kind, found.entity_id) == (
        Outcome.ACT, "stop_workload", "workload", "pod-7")  # fmt: skip
    found = decided(account, pod, *calm, strikes=strikes(5))
    assert (found.rung, found.figures["because"], found.figures["instead_of"]) == (
        "notice",
        "narrower_first",
        "suspend",
    )


def test_once_the_owner_is_told_the_reason_for_nothing_is_named() -> None:
    """Narrower first, with what is waited for."""
    found = decided(alert(rule="accounts"), alert(kind="workload"), actions=(action("notice"),))
    assert (found.outcome, found.reason) == (Outcome.NOTHING, Reason.NARROWER_FIRST)
    assert (found.figures["narrower"], found.figures["narrower_waiting"]) == (1, 1)


def test_a_pod_that_nothing_would_be_done_about_holds_nobody_up() -> None:
    """Only an open alert that reaches a restriction of its own comes first, and only under the same clause."""
    weak = alert(kind="workload", severity="medium")
    elsewhere = alert("theft", kind="key", entity="key-1")
    for other in (weak, elsewhere):
        assert decided(alert(rule="accounts"), other).rung == "throttle"


def _stop(pod: str, ago_ms: int, state: State = State.CONFIRMED) -> Action:
    return action("stop_workload", "workload", pod, ago_ms, state)


def test_an_account_that_goes_on_after_its_pod_was_stopped_is_next() -> None:
    """With an event more than ten minutes after the stop, and no other pod left to stop."""
    pod = alert(kind="workload", entity="pod-1")
    account = alert(rule="accounts")
    assert decided(account, pod, actions=(_stop("pod-1", 30 * MINUTE_MS),)).rung == "throttle"
    assert decided(account, pod, actions=(_stop("pod-1", 5 * MINUTE_MS),)).rung == "notice"
    other = alert(kind="workload", entity="pod-2", rule="other")
    assert decided(account, pod, other, actions=(_stop("pod-1", 30 * MINUTE_MS),)).rung == "notice"


def test_so_many_rounds_of_stopping_are_enough() -> None:
    """Whoever starts a new pod for each that is stopped answers with the account; what failed is no try."""
    new = alert(kind="workload", entity="pod-3")
    account = alert(rule="accounts")
    tried = (_stop("pod-1", 3 * HOUR_MS, State.ENDED), _stop("pod-2", HOUR_MS))
    assert decided(account, new, actions=tried).rung == "throttle"
    for state in (State.REVERSED, State.REJECTED, State.FAILED, State.EXPIRED, State.PROPOSED):
        assert decided(account, new, actions=(tried[0], _stop("pod-2", HOUR_MS, state))).rung == "notice"
    old = (_stop("pod-1", 30 * HOUR_MS, State.ENDED), tried[1])
    assert decided(account, new, actions=old).rung == "notice"


def test_pods_that_were_stopped_together_are_one_round() -> None:
    """Three pods found in one minute say nothing of whether stopping them helped."""
    tried = tuple(_stop(f"pod-{n}", HOUR_MS - n * MINUTE_MS) for n in range(5))
    found = decided(alert(rule="accounts"), alert(kind="workload", entity="pod-9"), actions=tried)
    assert (found.rung, found.figures["tries"]) == ("notice", 1)


def test_an_accounts_alert_waits_for_those_of_its_pods() -> None:
    """Under a clause that lets episodes settle, the account's first alert restricts nobody."""
    settling = replace(POLICY.clauses["mining"], settle_ms=MINUTE_MS)
    policy = replace(POLICY, clauses={**POLICY.clauses, "mining": settling})
    young = alert(time=NOW, start_tick=NOW // TICK_MS)
    found = decided(young, policy=policy)
    assert (found.rung, found.figures["because"]) == ("notice", "narrower_first")
    assert decided(alert(), policy=policy).rung == "throttle"


def test_stateless_work_is_stopped_before_databases() -> None:
    """A workload that holds data waits while another's open alert is not acted upon."""
    database, job = alert(kind="workload", entity="db"), alert(kind="workload", entity="job", rule="other")
    facts = Facts("acct", NOW, stateful_workloads=frozenset({"db"}))
    found = decided(database, job, facts=facts)
    assert (found.rung, found.figures["because"], found.figures["stateless_waiting"]) == ("notice", "narrower_first", 1)
    assert decided(job, database, facts=facts).rung == "stop_workload"
    assert decided(database, job, facts=facts, actions=(_stop("job", MINUTE_MS),)).rung == "stop_workload"
    assert decided(database, job).rung == "stop_workload"

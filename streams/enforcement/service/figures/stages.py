"""The stage in force of each rule that has just raised an alert."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.alert import Alert
from streams.enforcement.guards.stage import in_force as lower
from streams.enforcement.ledger.schema import stages
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.standing import Stage


def stages_of(tx: Transaction, policy: Policy, alerts: Iterable[Alert]) -> dict[str, str]:
    """By rule: the lower of the ledger's stage of its version and the policy's cap, as of the transaction's time."""
    versions = {alert.detector: alert.rule_version for alert in alerts}
    known = {(row["rule"], row["rule_version"]): Stage(row["stage"], row["share"])
             for row in tx.among(stages, stages.c.rule, versions)
             if row["until_ms"] is None or row["until_ms"] > tx.now_ms}  # fmt: skip
    return {rule: lower(known.get((rule, version), Stage()), policy.stage_cap(rule)).name
            for rule, version in versions.items()}  # fmt: skip

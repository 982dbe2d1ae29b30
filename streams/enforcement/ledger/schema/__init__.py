"""The ledger's tables. Times are ms since 1970 (BigInteger), ids are texts, JSON where a shape is open."""

from streams.enforcement.ledger.schema.accounts import (
    desired_versions,
    facts,
    holds,
    protections,
    pseudonym_keys,
    suspended_elsewhere,
)
from streams.enforcement.ledger.schema.actions import actions, outbox, pulses, strikes, warned
from streams.enforcement.ledger.schema.alerts import alert_revisions, alerts, decisions, model_alerts
from streams.enforcement.ledger.schema.columns import METADATA
from streams.enforcement.ledger.schema.matters import appeals, case_links, case_notes, cases, reports
from streams.enforcement.ledger.schema.people import commands, pending, people
from streams.enforcement.ledger.schema.running import (
    audit,
    breakers,
    lease,
    own_events,
    packs,
    progress,
    sources,
    switch,
)
from streams.enforcement.ledger.schema.stages import mutes, stages

__all__ = [
    "METADATA", "actions", "alert_revisions", "alerts", "appeals", "audit", "breakers", "case_links", "case_notes",
    "cases", "commands", "decisions", "desired_versions", "facts", "holds", "lease", "model_alerts", "mutes", "outbox",
    "own_events", "packs", "pending", "people", "progress", "protections", "pseudonym_keys", "pulses", "reports",
    "sources", "stages", "strikes", "suspended_elsewhere", "switch", "warned",
]  # fmt: skip

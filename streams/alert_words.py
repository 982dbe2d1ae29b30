"""Alerts and their evidence in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from features.cluster_catalog import CLUSTER, COMPUTED
from streams.alert_lines import named_in
from streams.condition_words import in_words
from streams.quantities import number, span
from streams.tally import tally

_READ = 80
_COMPARED_WITH = re.compile(r"\s*(>=|<=|<>|>|<|=)\s*[0-9.eE+-]+$")
KNOWN = {"hash_match": "a hash matched known material", "classifier": "a classifier spoke, nobody has looked",
          "report": "people reported it"}  # fmt: skip
"""How one came to know, under the child-safety path."""

_COMPARED = {"_vs_own": "beside its own past", "_vs_peers": "beside its peers"}
_SIZES = {name for name, value in COMPUTED.items() if value.feature.name == "accounts"}
_TIES = {"ja4_asn": "client and network", "signup_burst": "burst of sign-ups"}
_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "=": "exactly", "<>": "not"}


def clipped(text: str) -> str:
    """A condition, cut where a pattern makes it longer than anyone reads."""
    return text if len(text) <= _READ else text[: _READ - 1] + "…"


def feature(name: str) -> str:
    """A value's name in words: requests_1h → requests (1h)."""
    for facet, words in _COMPARED.items():
        if name.endswith(facet):
            return f"{feature(name.removesuffix(facet))} {words}"
    base, _, window = name.rpartition("_")
    known = window in ("1m", "10m", "1h", "6h", "24h", "7d")
    return f"{base.replace('_', ' ')} ({window})" if known else name.replace("_", " ")


def sentence(one: Mapping[str, Any], kind: str) -> str:
    """One condition's evidence: value, threshold, span, peers, and where it would not have fired."""
    if "moved" in one:
        return _moved(one)
    if one["condition"] == "p-value":
        return (f"{number(one['value'], 'share')} of honest days have as high a score, threshold at most "
                f"{number(one['threshold'], 'share')}")  # fmt: skip
    if of_event(one):
        seen = f"; seen: {one['value']}" if one["value"] else ""
        return (in_words(one["condition"]) or clipped(one["condition"])) + seen
    if "clear_value" not in one:
        return f"{one['value']}: {clipped(one['condition'])}"
    unit = one.get("unit", "")
    about = feature(one["feature"]) if one.get("feature") else _COMPARED_WITH.sub("", one["condition"])
    parts = [
        f"{about} {number(one['value'], unit)}",
        f"threshold {threshold(one)}",
    ]
    if one.get("span_ms"):
        parts.append(f"over {span(one['span_ms'])}")
    if one.get("peer_share") is not None:
        parts.append(peers(one, kind))
    return ", ".join(parts) + f"; {clearing(one, unit)}"


def of_event(one: Mapping[str, Any]) -> bool:
    """Whether a condition's evidence is a single event that matched, and no measured value."""
    return one["operator"] == "matches" or ("clear_value" not in one and not one.get("feature"))


def _moved(one: Mapping[str, Any]) -> str:
    """What a feature did to a model's score."""
    unit, over = one.get("unit", ""), f", over {span(one['span_ms'])}" if one.get("span_ms") else ""
    return (f"{feature(one['feature'])} {number(one['value'], unit)}, usual {number(one['usual'], unit)}{over}: "
            f"raised the score by {one['moved']:.3f}")  # fmt: skip


def threshold(one: Mapping[str, Any]) -> str:
    """Which values fire: at least 4 GPUs."""
    return f"{_SIGNS[one['operator']]} {number(one['threshold'], one.get('unit', ''))}"


def peers(one: Mapping[str, Any], kind: str) -> str:
    """Which share of its like has less, whose and as of when."""
    kind = kind.replace("_", " ")
    plan = f"{one['peer_plan']} {kind}s" if one.get("peer_plan") else f"{kind}s without a plan"
    source = f"this partition, as of {one['peer_as_of'][:16]}Z" if one.get("peer_as_of") else "trained table"
    return f"above {one['peer_share'] * 100:.3g} % of {plan} ({source})"


def clearing(one: Mapping[str, Any], unit: str) -> str:
    """The value at which it would not have fired."""
    value, up = number(one["clear_value"], unit), one["operator"] in (">", ">=")
    if one["operator"] in ("=", "<>"):
        return f"would not fire {'at' if one['operator'] == '<>' else 'away from'} {value}"
    word = ("at or below" if up else "at or above") if one.get("clear_inclusive") else ("below" if up else "above")
    return f"would not fire {word} {value}"


def entity(written: Mapping[str, Any]) -> str:
    """Whom an alert is about: account acme, workload w1 of account acme, 24 accounts with one template fingerprint."""
    one = written["entity"]
    if one["kind"] == CLUSTER:
        return f"{size} {cluster(one['id'])}" if (size := cluster_size(written)) else cluster(one["id"])
    whole = one["kind"] == "account"
    if whole:
        return f"account {one['account_id']}"
    return f"{one['kind'].replace('_', ' ')} {one['id']} of account {one['account_id']}"


def cluster(name: str) -> str:
    """A cluster: accounts with one template fingerprint (3141592653)."""
    tie, _, value = name.partition(":")
    return f"accounts with one {_TIES.get(tie, tie.replace('_', ' '))} ({value})"


def cluster_size(written: Mapping[str, Any]) -> str:
    """How many accounts a cluster had: the most that its evidence counts in a window; else as many as it names.

    Empty where it says neither.
    """
    told = [one["value"] for one in written.get("evidence", ()) if one.get("feature") in _SIZES]
    most = max([round(value) for value in told if value is not None] + [len(named_in(written))])
    return f"{most:,}" if most else ""


def row(written: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """An alert as a table's row: id, since, severity, who, what."""
    since = written["episode_start"][:16] + "Z"
    return written["id"][:8], since, written["severity"], entity(written), written["title"]


COLUMNS = ("id", "since", "severity", "who", "what")
"""The head of such a table."""


def explanation(written: Mapping[str, Any], clause: str = "") -> Iterator[str]:
    """An alert for a person, line by line."""
    yield f"{written['severity'].upper()}  {written['title']}"
    yield f"{entity(written)}" + (f", plan {written['plan']}" if written.get("plan") else "")
    yield f"clause {written['clause']}" + (f": {clause}" if clause else "")
    about = f"revision {written['revision']}, rule {written['detector']}"
    yield f"since {written['episode_start']}, at {written['time']} ({about})"
    yield f"signals: {', '.join(written['signals'])}"
    if written.get("victim"):
        yield "the account holder is the one wronged: no strike, act on the key"
    if written.get("knowledge"):
        yield f"known by: {KNOWN[written['knowledge']]}"
    if written.get("end_users"):
        yield f"the customer's own users behind it: {', '.join(written['end_users'])}"
    if written.get("accounts"):
        count = tally(len(written["accounts"]), "account")
        yield f"{count} seen with it last, which says nothing of what they did themselves:"
        yield f"  {', '.join(written['accounts'])}"
    yield "because"
    yield from (f"  - {sentence(one, written['entity']['kind'])}" for one in written["evidence"])
    if written["events"]:
        yield "from events such as"
        yield from (f"  - {_event(one)}" for one in written["events"])
    yield f"runbook: {written['runbook']}"
    yield f"id {written['id']}, pack {written['pack']}"


def _event(one: Mapping[str, Any]) -> str:
    rest = ", ".join(f"{key} {value}" for key, value in one.items() if key not in ("id", "time", "type"))
    return f"{one['time']} {one['type']} {one['id']}" + (f": {rest}" if rest else "")

"""What the demo says of its alerts, knowing the truth: which campaigns were caught, which missed, who was touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from detectors.alert import Alert
from features.cluster_catalog import CLUSTER
from features.ticks import TICK_MS
from streams import alert_words
from streams.alert_lines import as_json, rfc3339
from streams.cli.screen import out, say, table
from streams.quantities import later
from streams.simulator import Label

_SHOWN_PER_CAMPAIGN = 1

Campaign = list[Label]
"""What guilty accounts do, together where they do it together."""


def campaigns_of(labels: Sequence[Label]) -> list[Campaign]:
    """The campaigns among labels, by name and clause."""
    together: dict[tuple[str, str], Campaign] = {}
    for label in labels:
        if label.clause:
            together.setdefault((label.name, label.clause), []).append(label)
    return list(together.values())


def tell_report(labels: Sequence[Label], alerts: Sequence[Alert]) -> None:
    """Print what was caught, by the first rule that did, what was missed, and which honest accounts alerts name."""
    caught = [(campaign, _catching(campaign, alerts)) for campaign in campaigns_of(labels)]
    out.print("CAUGHT", style="bold")
    for campaign, own in caught:
        if own:
            _tell(campaign, own)
    missed = [campaign for campaign, own in caught if not own]
    out.print("\nMISSED", style="bold")
    say("\n".join(f"  {_called(campaign)}" for campaign in missed) or "  nothing")
    _tell_touched(labels, alerts)


def _catching(campaign: Campaign, alerts: Sequence[Alert]) -> list[Alert]:
    """The revisions that name one of its accounts for what it does, in order of time."""
    return sorted((one for one in alerts if any(_catches(one, label) for label in campaign)), key=lambda one: one.time)


def _catches(alert: Alert, label: Label) -> bool:
    """Whether an alert names who does what a label says: its clause, its account, and its workload where it has one."""
    return (alert.clause == label.clause and label.account_id in alert.named
            and (label.workload_id is None or alert.kind != "workload"
                 or alert.entity_id == label.workload_id))  # fmt: skip


def _called(campaign: Campaign) -> str:
    first, count = campaign[0], len(campaign)
    return f"{first.name} (account {first.account_id}{f' and {count - 1} more' if count > 1 else ''})"


def _tell(campaign: Campaign, alerts: Sequence[Alert]) -> None:
    begun, first = min(label.start for label in campaign), alerts[0]
    out.print(f"  {campaign[0].name}{_how_many(campaign, alerts)}", style="bold red", markup=False)
    say(f"    began {rfc3339(begun)[:16]}Z, first alert {later(max(first.time - begun, 0))}")
    rules = {alert.detector: alert for alert in reversed(alerts)}
    for alert in sorted(rules.values(), key=lambda one: one.time)[:_SHOWN_PER_CAMPAIGN]:
        for line in _because(alert):
            say(line)
    if len(rules) > _SHOWN_PER_CAMPAIGN:
        say(f"    and {len(rules) - _SHOWN_PER_CAMPAIGN} more rules")


def _how_many(campaign: Campaign, alerts: Sequence[Alert]) -> str:
    """How many of a campaign's accounts alerts name, and how many of these a cluster's alone."""
    if len(campaign) == 1:
        return ""
    theirs = {label.account_id for label in campaign}
    found = theirs.intersection(*[{name for one in alerts for name in one.named}])
    own = {one.account_id for one in alerts if one.kind != CLUSTER}
    alone = len(found - own)
    return f" ({len(found)} of {len(campaign)} accounts{f', {alone} by a cluster alone' if alone else ''})"


def _because(alert: Alert) -> Iterator[str]:
    written = as_json(alert)
    yield f"    {alert.severity}: {alert.title} ({alert_words.entity(written)})"
    for one in written["evidence"]:
        if not one["condition"].startswith("NOT "):  # exclusions that did not apply: alerts explain has them
            yield f"      - {alert_words.sentence(one, alert.kind)}"


def _tell_touched(labels: Sequence[Label], alerts: Sequence[Alert]) -> None:
    honest = {label.account_id: label.name for label in labels if not label.clause}
    own, with_others = _wronged(labels, honest, alerts), _with_others(honest, alerts)
    touched = {name for name, _ in own}
    alone = {name for name, _ in with_others} - touched
    named = f", {len(alone)} of them only named in a cluster" if alone else ""
    out.print(f"\nHONEST TENANTS TOUCHED: {len(touched | alone)} of {len(honest)}{named}", style="bold")
    rows = [(honest.get(name, "another pod of a guilty account"), *_row(one, one.start_tick * TICK_MS))
            for (name, _), one in own.items()]  # fmt: skip
    if rows or with_others:
        table("", ["  who", "severity", "what", "since"], [*rows, *_together(honest, with_others)])


Firsts = dict[tuple[str, str], Alert]
"""The first revision by account and detector."""


def _wronged(labels: Sequence[Label], honest: Mapping[str, str], alerts: Sequence[Alert]) -> Firsts:
    """Alerts about honest accounts themselves, or about a pod that is not the one which does it."""
    pods = {label.account_id: label for label in labels if label.workload_id}
    wrong = [one for one in alerts if one.kind != CLUSTER and (one.account_id in honest or (
        one.account_id in pods and not _catches(one, pods[one.account_id])))]  # fmt: skip
    return {(one.account_id, one.detector): one for one in reversed(wrong)}


def _with_others(honest: Mapping[str, str], alerts: Sequence[Alert]) -> Firsts:
    """Alerts about clusters that name honest accounts."""
    return {(name, one.detector): one for one in reversed(alerts) if one.kind == CLUSTER
            for name in one.named if name in honest}  # fmt: skip


def _together(honest: Mapping[str, str], found: Firsts) -> Iterator[tuple[str, ...]]:
    """A row for all tenants of a sort that alerts of one rule name: there may be fifty of them."""
    sorts: dict[tuple[str, str], list[Alert]] = {}
    for (name, rule), one in found.items():
        sorts.setdefault((honest[name], rule), []).append(one)
    for (sort, _), some in sorts.items():
        first = min(some, key=lambda one: one.time)
        yield f"{len(some)} × {sort}, named in a cluster", *_row(first, first.time)


def _row(one: Alert, since_ms: int) -> tuple[str, str, str]:
    return one.severity, one.title, rfc3339(since_ms)[:16] + "Z"

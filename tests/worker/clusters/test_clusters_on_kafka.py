"""`tipstaff clusters` beside a worker, as a user starts them, on a real broker."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from bridges import until
from broker import Topic
from workers import PARTITIONS, Site, Working, site_on, working

from streams.alert_lines import rfc3339
from streams.pack import read_pack

T0 = 1_772_409_600_000
_RULE = """\
id: together
title: accounts that share a text
clause: model-extraction
severity: medium
entity: cluster
on: tick
when: [accounts_1h >= 4, requests_24h >= 20]
description: For tests.
runbook: look
false_positives: [none]
tests:
  - name: enough
    fires: true
    events:
      - {type: inference, account_id: "a{i}", template_fingerprint: t, every: 1s, repeat: 40}
      - {type: inference, account_id: "a{i}", template_fingerprint: t, at: 5m, every: 1s, repeat: 40}
  - name: unlike
    fires: false
    events: [{type: inference, account_id: "a{i}", template_fingerprint: "t{i}", every: 1s, repeat: 40}]
"""
_FEATURES = """\
features:
  - {name: asked, entity: account, event: inference, aggregate: count, windows: [1h], signal: output}
"""
ACCOUNTS = [f"farm-{number}" for number in range(12)]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """One rule of clusters in the place of the shipped rules."""
    folder = tmp_path / "mine"
    (folder / "rules").mkdir(parents=True)
    shipped = read_pack()
    names = [*(rule.id for rule in shipped.rules), *(model.id for model in shipped.models)]
    (folder / "pack.yaml").write_text(f"without: {json.dumps(names)}")
    (folder / "features.yaml").write_text(_FEATURES)
    (folder / "rules" / "together.yaml").write_text(_RULE)
    return folder


@pytest.fixture
def site(kafka: str, topic: Topic) -> Site:
    return site_on(kafka, topic, history=True)


def asked(minute: int) -> list[dict[str, Any]]:
    """Every account of the farm asks once in a minute; accounts lie in all partitions."""
    start = T0 + minute * 60_000
    return [{"id": f"{account}-{minute}", "type": "inference", "account_id": account, "status": 200, "stamp": at,
             "template_fingerprint": "the same", "time": rfc3339(at)}
            for number, account in enumerate(ACCOUNTS) for at in [start + number * 1_000]]  # fmt: skip


def beat(site: Site, stamp: int) -> None:
    """A heartbeat for every partition: none has anything more to tell of what was before."""
    for partition in range(PARTITIONS):
        heartbeat = {"id": f"beat-{partition}-{stamp}", "type": "heartbeat", "time": rfc3339(stamp), "stamp": stamp}
        site.feed([heartbeat], partition, keyed=False)


def about_clusters(site: Site) -> list[dict[str, Any]]:
    return [one for one in site.alerts() if one["entity"]["kind"] == "cluster"]


def test_accounts_in_all_partitions_are_found_as_one_and_each_alert_once_whoever_dies(
    site: Site, pack: Path, tmp_path: Path
) -> None:
    """The second stage is killed and goes on from its snapshot: one cluster, each revision in one wording."""
    few = {"TIPSTAFF_SNAPSHOT_EVERY_S": "1"}
    with working(site, tmp_path / "worker.log", "--pack", pack, **few) as worker:
        worker.wait_ready()
        with working(site, tmp_path / "first.log", "--pack", pack, command="clusters", **few) as first:
            first.wait_ready()
            site.feed([one for minute in range(6) for one in asked(minute)])
            beat(site, T0 + 7 * 60_000)
            found = until(lambda: about_clusters(site), "an alert about the cluster")
            until(lambda: first.metric("snapshot_bytes") > 0, "a snapshot of the second stage")
            first.end(signal.SIGKILL)
        with working(site, tmp_path / "second.log", "--pack", pack, command="clusters", **few) as second:
            second.wait_ready()
            site.feed([one for minute in range(20, 26) for one in asked(minute)])
            beat(site, T0 + 27 * 60_000)
            until(lambda: max(one["revision"] for one in about_clusters(site)) > 1, "a second revision")
            _told_well(second)
            assert second.end() == 0
        assert worker.end() == 0
    everything = about_clusters(site)
    assert len({one["id"] for one in everything}) == 1
    words = {(one["revision"], json.dumps(one, sort_keys=True)) for one in everything}
    assert len(words) == len({one["revision"] for one in everything})
    assert set(found[-1]["accounts"]) <= set(ACCOUNTS)
    assert set(everything[-1]["accounts"]) == set(ACCOUNTS)


def _told_well(second: Working) -> None:
    """Its metrics show what it keeps."""
    until(lambda: second.metric("clusters") == 1, "the cluster among the metrics")  # shown every two seconds
    assert second.metric("ties_held") == 0
    assert second.asked("/readyz")[0] == 200

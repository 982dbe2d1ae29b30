"""`tipstaff enforce` on a real broker: alerts and commands in, effects out, each once."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from bridges import until
from command_line import tipstaff
from enforcers import Post, enforcing, now_ms, shipped
from workers import Working

from streams.enforcement.ledger import schema
from streams.enforcement.service.ordered_packs import NotOrdered, OrderedPacks
from streams.pack import read_pack
from streams.pack.starter import write_starter
from streams.pack.stored import as_stored
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.packs.topic import PackTopic


def test_an_alert_stops_a_pod_once(post: Post) -> None:
    """An alert on the topic stops its pod at the receiver, once, however often it comes; the decision is published."""
    alert = post.pod("pod-1")
    post.raise_alerts(alert)
    with enforcing(post, "one.log") as process:
        post.wait_stopped("pod-1")
        post.raise_alerts(alert, alert, post.pod("pod-2"))
        post.wait_stopped("pod-2")
        assert process.end() == 0, process.text
    assert post.stopped() == ["pod-1", "pod-2"]
    assert [row["state"] for row in post.rows(schema.actions)] == ["confirmed"] * 2
    told = [one for one in post.decisions() if one["entity_id"] == "pod-1"]
    assert [(one["outcome"], one["reason"], one["rung"]) for one in told] == [("act", "ladder", "stop_workload")]


def test_commands_and_alerts_have_one_order(any_post: Post) -> None:
    """A stop between two alerts, in the order that they came, lets the first be decided and holds the second."""
    post = any_post
    post.hire("ann", "admin", "enforcer", "reviewer")
    post.raise_alerts(post.pod("pod-1"))
    post.command("ann", "enforcement.stop", scopes=["all"])
    post.raise_alerts(post.pod("pod-2"))
    with enforcing(post, "one.log"):
        until(lambda: len(post.rows(schema.decisions)) == 2, "two decisions")
    found = {row["entity_id"]: (row["outcome"], row["reason"]) for row in post.rows(schema.decisions)}
    assert found == {"pod-1": ("act", "ladder"), "pod-2": ("held", "switch")}
    assert [row["outcome"] for row in post.rows(schema.commands)] == ["done"]


def test_a_command_lifts_what_an_alert_brought(post: Post) -> None:
    """A reinstatement by the commands' topic lifts the stop at the receiver; one that nobody signed does nothing."""
    post.hire("ann", "admin", "enforcer", "reviewer")
    post.raise_alerts(post.pod("pod-1"))
    with enforcing(post, "one.log") as process:
        post.wait_stopped("pod-1")
        post.put("commands", (None, b"let everything go", None), ("x", None, None))
        post.command("ann", "account.reinstate", account_ids=["acme"])
        until(lambda: not post.desired.in_force(now_ms()), "the pod runs again")
        until(lambda: process.metric("enforce_commands_total") == 3, "three commands")
        assert process.metric("enforce_commands_total", ending="refused") == 2
        said = until(lambda: _ids_said(process, "tipstaff.action.lifted"), "a lift in the log")
    assert said == {row["action_id"] for row in post.rows(schema.actions)}
    assert "acme" not in process.text
    assert [one.state for one in post.desired.effects() if one.action_id] == ["requested", "lifted"]


def _ids_said(process: Working, message: str) -> set[str]:
    """The actions that its log tells of: as decided, and as delivered once a message of a type has left."""
    lines = process.said
    left = {one["action"] for one in lines if one["event"] == "delivered" and one["type"] == message}
    return left and left | {one["action"] for one in lines if one["event"] == "decision_made"}


BAD = {
    "not_an_alert": ("alerts", (b"{", "alert")),
    "unknown_kind": ("alerts", (b"{}", "gossip")),
    "not_progress": ("alerts", (b'{"topic": "other"}', "progress")),
    "not_facts": ("facts", (b"[]", None)),
}


def test_bad_records_hold_no_good_one_up(post: Post) -> None:
    """Bad records of every sort, between good ones, become dead letters with a reason; people are paged once for each
    reason; the good ones act.
    """
    stranger = replace(post.pod("pod-9"), pack="0123456789ab")
    for topic, (value, kind) in [*BAD.values(), *BAD.values()]:
        post.put(topic, ("acme", value, kind), partition=0)
    post.raise_alerts(stranger, post.pod("pod-1"))
    with enforcing(post, "one.log") as process:
        post.wait_stopped("pod-1")
        until(lambda: len(post.graves()) == 9, "nine dead letters")
        graves = post.graves()
        assert sorted(one.reason for one in graves) == sorted([*BAD, *BAD, "unknown_pack"])
        assert {one.withheld for one in graves if one.reason == "not_facts"} == {True}
        assert process.metric("enforce_refused_records_total", reason="unknown_pack") == 1
    paged = [row["data"]["reason"] for row in post.rows(schema.outbox) if row["subject"].startswith("refused:")]
    assert sorted(paged) == sorted([*BAD, "unknown_pack"])
    assert post.stopped() == ["pod-1"]


def test_a_published_pack_may_be_named(post: Post, tmp_path: Path) -> None:
    """An alert of a pack that was published after ours is acted upon; its decision comes from our policy."""
    write_starter(tmp_path / "mine")
    other = read_pack(tmp_path / "mine")
    post.put("packs", (f"pack/{other.hash}", as_stored(tmp_path / "mine"), None))
    post.raise_alerts(replace(post.pod("pod-1"), pack=other.hash))
    with enforcing(post, "one.log"):
        post.wait_stopped("pod-1")
    assert [row["pack"] for row in post.rows(schema.packs)] == [other.hash]


BOMB = {"compression_type": "gzip", "max_request_size": 2**28}


def test_a_broken_batch_holds_nothing_up(post: Post) -> None:
    """A stored batch that would unpack to more than 64 MiB is passed over: it is told in a dead letter, a page and the
    audit, and what lies before, behind and beside it acts, also when it is the last of its partition.
    """
    post.raise_alerts(post.pod("pod-1"), post.pod("pod-2"))
    post.put("alerts", ("acme", bytes(2**26), "alert"), producer=BOMB)
    post.raise_alerts(post.pod("pod-3"))
    post.put("commands", (None, bytes(2**26), None), producer=BOMB)
    with enforcing(post, "one.log") as process:
        post.wait_stopped("pod-1", "pod-2", "pod-3", seconds=90)
        until(lambda: len(post.graves()) == 2, "two dead letters")
        until(lambda: process.asked("/readyz")[0] == 200, "a process that is well")
        assert process.metric("enforce_lost_records_total") == 2
    assert {(one.reason, one.clipped) for one in post.graves()} == {("batch_too_large", True)}
    lost = [row["body"] for row in post.rows(schema.audit, schema.audit.c.kind == "lost")]
    assert {(one["topic"], one["records"]) for one in lost} == {(post.names["alerts"], 1), (post.names["commands"], 1)}
    assert len({row["subject"] for row in post.rows(schema.outbox) if row["subject"].startswith("lost:")}) == 2


def test_facts_come_before_alerts(post: Post) -> None:
    """Facts that lie in their topic when the process starts count for an alert that was raised before them."""
    post.raise_alerts(post.pod("pod-1", account="later"))
    post.know(*(f"other-{number}" for number in range(1_500)), "later")
    with enforcing(post, "one.log"):
        post.wait_stopped("pod-1")


def test_the_switch_file_holds_everything(post: Post) -> None:
    """While the switch's file is corrupt nothing leaves, and /readyz says where it is wrong; mended, it goes on."""
    post.switch("enforcement: perhaps\n")
    post.raise_alerts(post.pod("pod-1"))
    with enforcing(post, "one.log") as process:
        until(lambda: post.rows(schema.decisions), "a decision")
        status, body = process.asked("/readyz")
        assert status == 503
        assert "switch.yaml:1" in body
        post.switch()
        until(lambda: process.asked("/readyz")[0] == 200, "a process that is ready")
        post.raise_alerts(post.pod("pod-2"))
        post.wait_stopped("pod-2")
    assert post.stopped() == ["pod-2"]
    held = [row["reason"] for row in post.rows(schema.decisions, schema.decisions.c.entity_id == "pod-1")]
    assert held == ["switch"]


def test_the_desired_state_is_served(post: Post) -> None:
    """GET /desired gives what is in force with an ETag, 304 where it is known, nothing without the token."""
    token = post.folder / "token"
    token.touch(0o600)
    token.write_text("let me read")
    post.raise_alerts(post.pod("pod-1"))
    with enforcing(post, "one.log", TIPSTAFF_ENFORCE_DESIRED_TOKEN_FILE=str(token)) as process:
        post.wait_stopped("pod-1")
        url, sent = f"http://{process.address()}/desired", {"Authorization": "Bearer let me read"}
        assert httpx.get(url, trust_env=False).status_code == 401
        answer = httpx.get(url, headers=sent, trust_env=False)
        assert [one["account_id"] for one in answer.json()["accounts"]] == ["acme"]
        known = {**sent, "If-None-Match": answer.headers["ETag"]}
        assert httpx.get(url, headers=known, trust_env=False).status_code == 304


def test_nothing_leaves_when_dry(post: Post) -> None:
    """With --dry decisions say what is wanted and are published; nothing is restricted, neither then nor when it is
    started without; what was lifted meanwhile is told then.
    """
    post.hire("ann", "admin", "enforcer", "reviewer")
    post.raise_alerts(post.pod("pod-1"))
    with enforcing(post, "one.log"):
        post.wait_stopped("pod-1")
    post.raise_alerts(post.pod("pod-2"))
    with enforcing(post, "two.log", "--dry"):
        until(lambda: len(post.decisions()) == 2, "two published decisions")
        post.command("ann", "account.reinstate", account_ids=["acme"])
        until(lambda: post.rows(schema.commands), "a reinstatement")
    (dry,) = post.rows(schema.decisions, schema.decisions.c.entity_id == "pod-2")
    assert (dry["outcome"], dry["reason"], dry["rung"]) == ("held", "switch", "stop_workload")
    assert len(post.desired.in_force(now_ms())) == 1
    with enforcing(post, "three.log"):
        until(lambda: not post.desired.in_force(now_ms()), "the pod runs again")
    assert post.stopped() == ["pod-1"]


KEY = "a secret for tests"


def test_the_workers_pack_is_followed(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once every partition tells of a pack that was published with a signature, its policy is in force, for commands
    too, and after a restart; alerts of the pack before are acted upon as well.
    """
    write_starter(tmp_path / "mine")
    (tmp_path / "mine" / "policy.yaml").write_text("lag: 7m\n")
    other = read_pack(tmp_path / "mine")
    order(post, other.hash, as_stored(tmp_path / "mine"))
    post.progress(pack=other.hash)
    with enforcing(post, "one.log", TIPSTAFF_WORKER_CONTROL_KEY=KEY):
        until(lambda: post.rows(schema.packs, schema.packs.c.in_force_ms.is_not(None)), "another pack")
        post.raise_alerts(post.pod("pod-1"))
        post.wait_stopped("pod-1")
    (told,) = post.rows(schema.audit, schema.audit.c.kind == "pack")
    assert (told["body"]["pack"], told["body"]["before"]) == (other.hash, shipped().hash)
    with enforcing(post, "two.log") as process:
        until(
            lambda: [one["pack"] for one in process.said if one["event"] == "pack_in_force"] == [other.hash], "a pack"
        )
    monkeypatch.setenv("TIPSTAFF_DATA_DIR", str(tmp_path))
    assert tipstaff("enforcement", "status", "--json", "--ledger", post.url).json["pack"] == other.hash


def order(post: Post, name: str, data: bytes, key: str = KEY, serial: int = 1) -> None:
    """Publish a pack."""
    topic = PackTopic(KafkaSettings(bootstrap=post.bootstrap), Names.model_validate(post.names))
    topic.store(name, data)
    topic.order(name, data, key.encode(), serial, 1)


def test_only_what_was_signed_is_believed(post: Post, tmp_path: Path) -> None:
    """A pack is found by its newest publication; not where another key signed it, nor where its bytes are others now;
    one that nobody published is not there.
    """
    write_starter(tmp_path / "mine")
    pack, data = read_pack(tmp_path / "mine"), as_stored(tmp_path / "mine")
    found = OrderedPacks(KafkaSettings(bootstrap=post.bootstrap), Names.model_validate(post.names), KEY.encode())
    assert found.find(pack.hash) is None
    order(post, pack.hash, data, "a secret of others", serial=1)
    with pytest.raises(NotOrdered, match="with our key"):
        found.find(pack.hash)
    order(post, pack.hash, data, serial=2)
    ordered = found.find(pack.hash)
    assert ordered is not None
    assert (ordered.pack.hash, ordered.data, ordered.serial) == (pack.hash, data, 2)
    post.put("packs", (f"pack/{pack.hash}", as_stored(None), None))
    with pytest.raises(NotOrdered, match="not what was signed"):
        found.find(pack.hash)


def test_records_that_are_gone_are_told(post: Post) -> None:
    """Where the ledger has read further than the topic goes (it was made anew), it is read from its beginning."""
    with post.ledger.writing(now_ms()) as tx:
        tx.put(schema.sources, {"topic": post.names["alerts"], "partition": 0, "next_offset": 1_000})
        tx.put(schema.sources, {"topic": post.names["alerts"], "partition": 1, "next_offset": 1_000})
    post.raise_alerts(post.pod("pod-1"))
    with enforcing(post, "one.log"):
        post.wait_stopped("pod-1")
    assert [row["subject"] for row in post.rows(schema.outbox) if row["subject"].startswith("lost:")]


def test_older_alerts_may_be_left_alone(post: Post) -> None:
    """With begin=now, alerts from before the first start are left alone, also by a second start; new ones act."""
    post.raise_alerts(post.pod("pod-1"))
    with enforcing(post, "one.log", TIPSTAFF_ENFORCE_BEGIN="now") as process:
        until(lambda: post.taken() >= 2, "a place in the topic")
        assert process.end(signal.SIGKILL) != 0
    post.raise_alerts(post.pod("pod-2"))
    with enforcing(post, "two.log", TIPSTAFF_ENFORCE_BEGIN="now"):
        post.wait_stopped("pod-2")
    assert post.stopped() == ["pod-2"]


def test_it_says_what_is_missing(post: Post, tmp_path: Path) -> None:
    """Without a ledger, sinks or topics the process does not begin, and says which is missing."""
    for more, said in (
        ({"TIPSTAFF_LEDGER": f"sqlite:///{tmp_path}/none.db"}, "there is no ledger here"),
        ({"TIPSTAFF_SINKS": str(tmp_path / "none.yaml")}, "none.yaml"),
        ({"TIPSTAFF_TOPIC_FACTS": "no.such.topic"}, "there is no topic no.such.topic"),
    ):
        with enforcing(post, "one.log", **more) as process:
            assert process.process.wait(60) == 1
            assert said in process.text
    assert not (tmp_path / "none.db").exists()


def test_a_command_typed_here_goes_by_the_topic(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TIPSTAFF_COMMANDS=kafka what a person types is written to the topic, obeyed by enforce, and answered."""
    post.hire("ann", "admin", "enforcer", "reviewer")
    post.credentials["ann"].save(post.folder / "ann.json")
    for name, value in {**post.environment, "TIPSTAFF_COMMANDS": "kafka"}.items():
        monkeypatch.setenv(name, value)
    ask = ("enforcement", "stop", "--why", "a trial", "--as", post.folder / "ann.json", "--data-dir", post.folder)
    with enforcing(post, "one.log"):
        done = tipstaff(*ask)
    assert (done.code, "off" in done.out) == (0, True), done.err
    (command,) = post.rows(schema.commands)
    assert (command["by"], command["verb"], command["outcome"]) == ("ann", "enforcement.stop", "done")
    assert [row["next_offset"] for row in post.rows(schema.sources) if row["topic"] == post.names["commands"]] == [1]

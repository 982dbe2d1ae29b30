"""What the topics must be like, and what differs: as arithmetic, with no broker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.worker.connection import KafkaRefused
from streams.worker.names import Names
from streams.worker.topics.declared import Shape, Topic, declared
from streams.worker.topics.drift import Configure, Create, Found, Leave, Step, plan

NAMES = Names()


def topics(names: Names = NAMES, existing: int | None = None, brokers: int = 3, **shape: object) -> dict[str, Topic]:
    """The declared topics by name."""
    return {one.name: one for one in declared(names, Shape.model_validate(shape), brokers, existing)}


def made(topic: Topic, **other: object) -> Found:
    """A topic that is as it was declared, but for what is said."""
    return replace(Found(topic.partitions, topic.replication, dict(topic.configs)), **other)  # type: ignore[arg-type]


def taken(steps: list[Step], found: dict[str, Found]) -> dict[str, Found]:
    """What a broker has once the steps were taken."""
    after = dict(found)
    for step in steps:
        if isinstance(step, Create):
            after[step.topic.name] = made(step.topic)
        elif isinstance(step, Configure):
            before = after[step.name]
            after[step.name] = replace(before, configs={**before.configs, step.key: step.wanted})
    return after


_VALUES = st.sampled_from(
    ["-1", "0", "1000", "86400000", "compact", "delete", "compact,delete", "lz4", "2", "CreateTime"]
)


@st.composite
def clusters(draw: st.DrawFn) -> dict[str, Found]:
    """Some of the topics, each with some of its settings changed, and with any number of partitions and replicas."""
    found = {}
    for name, topic in topics().items():
        if draw(st.booleans()):
            keys = draw(st.lists(st.sampled_from([*topic.configs]), max_size=4, unique=True))
            changed = {key: draw(st.sampled_from(["-1", "1000"]) if key.startswith("retention") else _VALUES)
                       for key in keys}  # fmt: skip
            found[name] = made(topic, configs={**topic.configs, **changed},
                               partitions=draw(st.integers(1, 100)), replication=draw(st.integers(1, 5)))  # fmt: skip
    return found


def _reach(found: Found, key: str) -> float:
    value = found.configs.get(key, "-1")
    return float("inf") if value.startswith("-") else float(value)


@given(clusters())
def test_after_the_steps_nothing_is_left_to_do(found: dict[str, Found]) -> None:
    """A plan that was carried out leaves nothing but what it left alone, word for word."""
    wanted = list(topics().values())
    steps = plan(wanted, found)
    again = plan(wanted, taken(steps, found))
    assert again == [step for step in steps if isinstance(step, Leave)]


@given(clusters())
def test_no_step_deletes_shrinks_or_repartitions(found: dict[str, Found]) -> None:
    """Carrying out a plan changes no number of partitions or replicas, and shortens no retention."""
    after = taken(plan(list(topics().values()), found), found)
    for name, before in found.items():
        assert (after[name].partitions, after[name].replication) == (before.partitions, before.replication)
        for key in ("retention.ms", "retention.bytes"):
            assert _reach(after[name], key) >= _reach(before, key)
        if "delete" not in before.configs["cleanup.policy"]:
            assert "delete" not in after[name].configs["cleanup.policy"]


@given(clusters())
def test_what_differs_is_told(found: dict[str, Found]) -> None:
    """Every missing topic and every setting that differs is in the plan exactly once."""
    wanted = topics()
    steps = plan(list(wanted.values()), found)
    assert {step.topic.name for step in steps if isinstance(step, Create)} == wanted.keys() - found.keys()
    for name, one in found.items():
        differs = {key for key, value in wanted[name].configs.items() if one.configs[key] != value}
        told = [step.key if isinstance(step, Configure) else step.what
                for step in steps if not isinstance(step, Create) and step.name == name]  # fmt: skip
        assert len(told) == len(set(told))
        assert differs - {"min.insync.replicas"} == set(told) - {"partitions", "replication", "min.insync.replicas"}


def test_every_name_is_declared() -> None:
    """No topic that the settings name is forgotten."""
    assert topics().keys() == set(NAMES.model_dump(exclude={"group", "events_history"}).values())


@pytest.mark.parametrize(("workers", "partitions"), [(1, 48), (12, 48), (13, 52), (100, 400)])
def test_partitions_by_default(workers: int, partitions: int) -> None:
    """Four for each worker, at least 48; the snapshots topic has as many, the packs topic one."""
    found = topics(workers=workers)
    assert found["usage.events"].partitions == found["tipstaff.snapshots"].partitions == partitions
    assert found["tipstaff.packs"].partitions == 1


def test_too_few_partitions_are_refused_with_the_reason() -> None:
    """Fewer than four a worker are no plan."""
    with pytest.raises(KafkaRefused, match=r"11 partitions are too few for 3 workers.*at least 12 \(4 each\)"):
        topics(workers=3, partitions=11)


def test_a_count_that_is_there_is_kept() -> None:
    """Where nobody asks for a number, the existing one holds, if it is enough for the workers."""
    assert topics(existing=12)["usage.events"].partitions == 12
    few = topics(existing=12, workers=4)
    (step,) = plan([few["usage.events"]], {"usage.events": made(few["usage.events"], partitions=12)})
    assert isinstance(step, Leave)
    assert (step.was, step.wanted) == ("12", "16")


def test_snapshots_follow_the_events_topic_that_is_there() -> None:
    """Asked for another number than the events topic has, a new snapshots topic still gets as many as there are."""
    assert topics(existing=12, partitions=24)["tipstaff.snapshots"].partitions == 12


@pytest.mark.parametrize(("brokers", "replicas", "in_sync"), [(1, 1, "1"), (2, 2, "1"), (3, 3, "2"), (9, 3, "2")])
def test_replication_by_default(brokers: int, replicas: int, in_sync: str) -> None:
    """Three replicas, or as many as there are brokers; with three, two must have a record."""
    for topic in topics(brokers=brokers).values():
        assert (topic.replication, topic.configs["min.insync.replicas"]) == (replicas, in_sync)


def test_more_replicas_than_brokers_are_refused() -> None:
    """What the cluster cannot hold is no plan."""
    with pytest.raises(KafkaRefused, match="a replication of 3 needs as many brokers; there are 2"):
        topics(brokers=2, replication=3)


def test_a_topic_with_one_replica_stays_writable() -> None:
    """Two replicas in sync are never asked of a topic that has fewer than three."""
    topic = topics(brokers=3)["usage.events"]
    found = made(topic, replication=1, configs={**topic.configs, "min.insync.replicas": "1"})
    (step,) = plan([topic], {topic.name: found})
    assert isinstance(step, Leave)
    assert step.what == "replication"


def test_live_topics_take_the_brokers_stamps() -> None:
    """On live topics no producer sets a time; a bomb in the events topic is bounded by lz4."""
    assert {one.configs["message.timestamp.type"] for one in topics().values()} == {"LogAppendTime"}
    assert topics()["usage.events"].configs["compression.type"] == "lz4"


def test_a_history_topic_takes_old_stamps_and_keeps_them() -> None:
    """A history topic takes its producers' stamps however old, none from the future, and deletes nothing by age."""
    configs = topics(Names(events_history=True))["usage.events"].configs
    assert configs["message.timestamp.type"] == "CreateTime"
    assert configs["message.timestamp.before.max.ms"] == str(2**63 - 1)
    assert configs["message.timestamp.after.max.ms"] == "3600000"
    assert configs["retention.ms"] == "-1"


def test_what_is_compacted() -> None:
    """Snapshots, packs and facts keep the newest of each key, and only they."""
    compacted = {name for name, one in topics().items() if one.configs["cleanup.policy"] == "compact"}
    assert compacted == {"tipstaff.snapshots", "tipstaff.packs", "accounts.facts"}
    for name in compacted:
        configs = topics()[name].configs
        assert int(configs["min.compaction.lag.ms"]) < int(configs["max.compaction.lag.ms"])  # else Kafka refuses


def test_a_longer_retention_is_left_alone() -> None:
    """Events that somebody keeps for longer are not deleted; told, with the command that would."""
    topic = topics()["usage.events"]
    found = made(topic, configs={**topic.configs, "retention.ms": "-1"})
    (step,) = plan([topic], {topic.name: found})
    assert isinstance(step, Leave)
    assert step.why == "records that are still kept would be deleted"
    assert "--entity-name usage.events --add-config retention.ms=604800000" in step.to_do


def test_a_setting_that_the_broker_does_not_know_is_told() -> None:
    """An older broker is no reason to fail, and none to be silent."""
    topic = topics(Names(events_history=True))["usage.events"]
    configs = {key: value for key, value in topic.configs.items() if key != "message.timestamp.before.max.ms"}
    (step,) = plan([topic], {topic.name: made(topic, configs=configs)})
    assert isinstance(step, Leave)
    assert step.was == "unknown to this broker"


def test_two_topics_of_one_name_are_refused() -> None:
    """The message names both variables."""
    with pytest.raises(KafkaRefused, match=r"TIPSTAFF_TOPIC_PACKS and TIPSTAFF_TOPIC_TIES are both 'same'"):
        topics(Names(packs="same", ties="same"))

"""The receiver's desired state: each message applied once, older ones never."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from contracts.sink_parts import HOUR_MS, T0, lifted, requested
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.alert_lines import rfc3339
from streams.enforcement.outbox.delivery import Delivery
from streams.enforcement.receiver.apply import DataRefused, Desired
from streams.enforcement.receiver.message import Message, Refused, read
from streams.enforcement.sinks.cloud_event import body, message_id


@pytest.fixture
def desired(tmp_path: Path) -> Desired:
    return Desired(tmp_path / "receiver.sqlite")


def apply(desired: Desired, delivery: Delivery, now_ms: int = T0) -> dict[str, Any]:
    message = body(delivery)
    return desired.apply(read(message_id(delivery), message), message, delivery.version, now_ms)


def effects(desired: Desired) -> list[tuple[str, str]]:
    return [(one.action_id, one.state) for one in desired.effects()]


def test_a_request_is_in_force_until_it_is_lifted(desired: Desired) -> None:
    """What is asked for is in force, what is lifted is not, and both are in the log of effects."""
    apply(desired, requested("a"))
    (action,) = desired.in_force(T0)
    assert (action["action_id"], action["rung"], action["target"]["id"]) == ("a", "suspend", "acct-1")
    assert action["reason"]["clause"] == "mining"
    apply(desired, lifted("a"))
    assert desired.in_force(T0) == []
    assert effects(desired) == [("a", "requested"), ("a", "lifted")]


def test_it_ends_by_itself(desired: Desired) -> None:
    """At `expires_at` an action is no more in force."""
    apply(desired, requested("a", expires_at=rfc3339(T0 + HOUR_MS)))
    assert len(desired.in_force(T0 + HOUR_MS - 1)) == 1
    assert desired.in_force(T0 + HOUR_MS) == []


def test_a_repeat_changes_nothing(desired: Desired) -> None:
    """The same message again gives the earlier answer and no effect, also after its time and after newer ones."""
    first = apply(desired, requested("a"))
    apply(desired, lifted("a"))
    again = apply(desired, requested("a"), T0 + 10 * HOUR_MS)
    assert again == first | {"repeated": True}
    assert desired.in_force(T0) == []
    assert len(effects(desired)) == 2


def test_an_id_with_another_body_is_refused(desired: Desired) -> None:
    """An id that comes again with another body is refused with 422, and nothing changes."""
    apply(desired, requested("a"))
    with pytest.raises(Refused, match="another body") as raised:
        apply(desired, requested("a", rung="terminate"))
    assert raised.value.status == 422
    assert [one["rung"] for one in desired.in_force(T0)] == ["suspend"]


def test_older_versions_are_refused(desired: Desired) -> None:
    """What was decided on an older version of an account is refused with 412; the same version and newer are not."""
    apply(desired, requested("a", version=5))
    with pytest.raises(Refused, match="older than 5") as raised:
        apply(desired, requested("b", version=4))
    assert raised.value.status == 412
    apply(desired, requested("c", version=5))
    apply(desired, requested("d", "acct-2", version=1))
    assert [one["action_id"] for one in desired.in_force(T0)] == ["a", "c", "d"]


def test_a_lift_that_overtook_its_request_holds(desired: Desired) -> None:
    """Where the lift came first, the request that comes after is refused, whatever its version."""
    apply(desired, lifted("a", version=2))
    for version in (1, 2, 3):
        with pytest.raises(Refused) as raised:
            apply(desired, requested("a", version=version))
        assert raised.value.status == 412
    assert desired.in_force(T0) == []


def test_what_comes_too_late_is_refused(desired: Desired) -> None:
    """A request after its `not_after` is not applied; a lift always is."""
    with pytest.raises(Refused, match="not_after"):
        apply(desired, requested("a"), T0 + HOUR_MS + 1)
    apply(desired, requested("b"), T0 + HOUR_MS)
    apply(desired, lifted("b"), T0 + 100 * HOUR_MS)
    assert effects(desired) == [("b", "requested"), ("b", "lifted")]


def test_other_messages_are_noted(desired: Desired) -> None:
    """A hold, a page or a notice is an effect of its own, once, and no action."""
    hold = Delivery("h", "actuator", "tipstaff.hold.requested", "acct-1", T0, {"account_id": "acct-1"})
    apply(desired, hold)
    assert apply(desired, hold)["repeated"]
    (effect,) = desired.effects()
    assert (effect.type, effect.subject, effect.action_id) == ("tipstaff.hold.requested", "acct-1", "")
    assert desired.in_force(T0) == []


@pytest.mark.parametrize("change", [
    {"version": "1"}, {"target": None}, {"target": {"kind": "account"}}, {"state": "lifted"}, {"state": 5},
    {"not_after": "soon"}, {"not_after": "2027-01-15T08:00:00"}, {"expires_at": 5}, {"action_id": None}, {"version": 9},
])  # fmt: skip
def test_malformed_requests_are_refused(desired: Desired, change: dict[str, Any]) -> None:
    """A request that does not say what it must is refused with 422 and leaves no trace."""
    good = requested("a")
    with pytest.raises(Refused) as raised:
        apply(desired, replace(good, data={**good.data, **change}))
    assert raised.value.status == 422
    assert not desired.effects()


def test_many_at_once_are_applied_once(desired: Desired) -> None:
    """Eight threads with the same message make one effect, and all get an answer."""
    answers: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: answers.append(apply(desired, requested("a")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects(desired) == [("a", "requested")]
    assert sorted("repeated" in one for one in answers) == [False] + [True] * 7


def test_it_lasts(tmp_path: Path) -> None:
    """Opened again, the file holds the same state, effects and answers."""
    first = Desired(tmp_path / "d")
    apply(first, requested("a"))
    again = Desired(tmp_path / "d")
    assert again.in_force(T0) == first.in_force(T0)
    assert apply(again, requested("a"))["repeated"]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """What is no SQLite file, or cannot be opened, is named."""
    (tmp_path / "d").write_text("no database" * 100)
    for path in (tmp_path / "d", tmp_path / "no" / "d"):
        with pytest.raises(DataRefused, match=str(path)):
            Desired(path)


@settings(deadline=None)  # files, on a busy machine
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 4)), max_size=12), st.randoms())
def test_order_and_repeats(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool, int]],
                           chance: Any) -> None:  # fmt: skip
    """However messages are repeated and shuffled, no action takes effect twice, none comes back after its lift."""
    desired = Desired(tmp_path_factory.mktemp("d") / "d")
    all_steps = [*steps, *steps]
    chance.shuffle(all_steps)
    for id, lift, version in all_steps:
        delivery = (
            lifted(f"{id}{version}", version=version + 1) if lift else requested(f"{id}{version}", version=version)
        )
        with suppress(Refused):  # older than what is known
            apply(desired, delivery)
    done = effects(desired)
    assert len(done) == len(set(done))
    gone = {id for id, state in done if state == "lifted"}
    assert {one["action_id"] for one in desired.in_force(T0)} == {id for id, _ in done} - gone


def test_what_is_no_event_is_refused() -> None:
    """A body that is no CloudEvent, or of another id than was signed, is refused."""
    for content in (b"", b"[]", b"{", b'{"id": 5}', b"\xff", b"[" * 5_000):
        with pytest.raises(Refused):
            read("a", content)
    event = {"id": "b", "type": "t", "subject": "s", "data": {}}
    with pytest.raises(Refused, match="webhook-id"):
        read("a", json.dumps(event).encode())
    assert isinstance(read("b", msgspec.json.encode(event)), Message)

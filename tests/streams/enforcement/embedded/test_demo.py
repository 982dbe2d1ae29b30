"""The demo acts, and says what it did, held back and undid."""

import pytest
from command_line import tipstaff


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo prints."""
    shown = tipstaff("demo", "--data-dir", tmp_path_factory.mktemp("demo") / "data")
    assert shown.code == 0, shown.err
    return shown.out


@pytest.mark.parametrize("what", ["suspended", "workload stopped", "key quarantined", "throttled"])
def test_the_demo_shows_what_was_delivered(said: str, what: str) -> None:
    """Suspensions, stopped workloads, quarantined keys and throttles reach the reference receiver."""
    done = said.partition("DONE ABOUT IT")[2].partition("HELD BACK")[0]
    assert what in done
    assert "of these accounts, honest: 0" in done


def test_the_demo_shows_what_was_held_back_and_undone(said: str) -> None:
    """Decisions are held back by stage and by budget, and one action is undone at the receiver."""
    held, _, undone = said.partition("HELD BACK")[2].partition("UNDONE")
    assert "by its stage" in held
    assert "by its budget" in held
    assert "the receiver has lifted it" in undone


def test_what_the_demo_says_to_type_next_works(said: str) -> None:
    """The demo's last lines are commands that work on what it leaves behind."""
    commands = [line.partition("tipstaff ")[2].split() for line in said.partition("See why:")[2].splitlines()]
    assert len(commands) == 4
    for command in commands:
        assert tipstaff(*command).code == 0, command

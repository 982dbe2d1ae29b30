"""The demo acts, and says what it did, held back and undid."""

from pathlib import Path

import pytest
from command_line import tipstaff

pytestmark = pytest.mark.survival


def test_the_demo_acts(tmp_path: Path) -> None:
    """Effects reach the reference receiver, decisions are held back by stage and by budget, and one action is undone.

    One test of all of it: the demo takes a while. The commands that it says to type next work on what it leaves.
    """
    shown = tipstaff("demo", "--data-dir", tmp_path / "data")
    assert shown.code == 0, shown.err
    done, _, rest = shown.out.partition("DONE ABOUT IT")[2].partition("HELD BACK")
    held, _, undone = rest.partition("UNDONE")
    for what in ("suspended", "workload stopped", "key quarantined", "throttled", "of these accounts, honest: 0"):
        assert what in done
    assert "by its stage" in held
    assert "by its budget" in held
    assert "the receiver has lifted it" in undone
    commands = [line.partition("tipstaff ")[2].split() for line in shown.out.partition("See why:")[2].splitlines()]
    assert len(commands) == 4
    for command in commands:
        assert tipstaff(*command).code == 0, command

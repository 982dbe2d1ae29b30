"""Commands that are read again, as after a crash."""

from playing import Play, made_alert

from streams.enforcement.people.commands import new_command, signed

HOUR_MS = 3_600_000


def test_a_command_that_was_taken_is_answered_the_same_an_hour_later(play: Play) -> None:
    """Read again when it would be too old, a command gets its first answer, and nothing is done a second time."""
    play.hire("ann", "enforcer")
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    said = new_command("ann", "account.reinstate", {"account_ids": ["acme"]}, "a test of theirs", play.now_ms)
    line = signed(said, play.credentials["ann"])
    first = play.obeying.obey(line, play.now_ms)
    play.later(HOUR_MS)
    before = play.effects()
    again = play.obeying.obey(line, play.now_ms)
    play.deliver()
    assert (again.ending, again.detail) == (first.ending, first.detail)
    assert play.effects() == before == [("stop_workload", "requested"), ("stop_workload", "lifted")]

"""What others do to accounts is taken in."""

from playing import Play, made_alert

from streams.enforcement.obeying.errand import Ending


def test_a_suspension_made_elsewhere_is_not_made_again(play: Play) -> None:
    """An account that others have suspended is not suspended by us, and is once they let it go."""
    play.hire("eve", "enforcer")
    assert play.command("eve", "account.elsewhere", account_ids=["acme"], suspended=True).ending is Ending.DONE
    play.alert(made_alert("miner", "mining"))
    assert ("suspend", "acme") not in play.in_force()
    play.command("eve", "account.elsewhere", account_ids=["acme"], suspended=False)
    play.alert(made_alert("miner", "mining", revision=2))
    assert ("suspend", "acme") in play.in_force()


def test_a_lift_made_elsewhere_ends_ours_and_mutes_the_rule(play: Play) -> None:
    """Where others let an account go that we had suspended, ours is lifted and its rule does not suspend it again."""
    play.hire("eve", "enforcer")
    play.alert(made_alert("miner", "mining"))
    assert play.in_force() == [("suspend", "acme")]
    play.command("eve", "account.elsewhere", account_ids=["acme"], suspended=False)
    assert play.in_force() == []
    play.alert(made_alert("miner", "mining", revision=2))
    assert play.in_force() == []


def test_an_observer_cannot_say_so(play: Play) -> None:
    """Who only looks on is refused, and nothing changes."""
    play.hire("olga", "observer")
    play.alert(made_alert("miner", "mining"))
    answer = play.command("olga", "account.elsewhere", account_ids=["acme"], suspended=False)
    assert answer.ending is Ending.REFUSED
    assert play.in_force() == [("suspend", "acme")]

"""No more reports are taken than the limits say, and little is remembered of who sent them."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from streams.web.intake.limits import Limits, Rate, Rates
from streams.web.intake.strangers import address_key, client_of

_RATES = st.builds(Rate, st.integers(1, 6), st.integers(1, 50))
_ASKED = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.booleans()), max_size=80)


@given(st.builds(Rates, _RATES, _RATES), st.builds(Rates, _RATES, _RATES), _ASKED)
@settings(max_examples=examples(100), deadline=None)
def test_never_more_than_the_rate(ordinary: Rates, urgent: Rates, asked: list[tuple[int, int, bool]]) -> None:
    """In any span an address, and all together, get at most a burst and what came back in it; urgent ones apart; who
    waits as long as they are told gets in; and no more addresses are kept than can have a bucket that is not full.
    """
    limits, now, taken = Limits(ordinary, urgent), 1_000, list[tuple[int, int, bool]]()
    for pause, address, hurry in asked:
        now += pause
        wait = limits.ask(bytes([address]), hurry, now)
        if not wait:
            taken.append((now, address, hurry))
        else:
            patient = _replayed(ordinary, urgent, taken)
            assert patient.ask(bytes([address]), hurry, now + wait - 1) > 0
            assert patient.ask(bytes([address]), hurry, now + wait) == 0
        assert limits.kept <= sum(map(_most_kept, (ordinary, urgent)))
    for hurry, rates in ((False, ordinary), (True, urgent)):
        of_all = [at for at, _, hurried in taken if hurried == hurry]
        _hold(of_all, rates.together)
        for address in range(10):
            _hold([at for at, who, hurried in taken if (who, hurried) == (address, hurry)], rates.address)


def _replayed(ordinary: Rates, urgent: Rates, taken: list[tuple[int, int, bool]]) -> Limits:
    limits = Limits(ordinary, urgent)
    for at, address, hurry in taken:
        assert limits.ask(bytes([address]), hurry, at) == 0
    return limits


def _most_kept(rates: Rates) -> int:
    return rates.together.burst + rates.address.whole_ms // rates.together.every_ms


def _hold(times: list[int], rate: Rate) -> None:
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= rate.burst + (times[last] - begin) / rate.every_ms


def test_a_flood_shuts_out_nothing_urgent() -> None:
    """When ten thousand addresses have used up what all may send, urgent reports still come, and memory is small."""
    rate = Rates(Rate(10, 120_000), Rate(60, 6_000))
    limits = Limits(rate, rate)
    assert sum(limits.ask(number.to_bytes(4), False, 1_000) == 0 for number in range(10_000)) == 60
    assert limits.kept == 60
    assert limits.ask(b"last", True, 1_000) == 0
    assert limits.ask(b"last", False, 1_000_000) == 0
    assert limits.kept <= 2


def test_whose_address_counts() -> None:
    """Only what our proxies wrote is believed, from the last hop back; what makes no address ends it."""
    ours = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]

    def told(peer: str, *lines: str) -> str:
        return str(client_of(peer, lines, ours))

    assert told("203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert told("10.0.0.1", "198.51.100.1, 203.0.113.9") == "203.0.113.9"
    assert told("10.0.0.1", "198.51.100.1", "203.0.113.9, 10.0.0.2") == "203.0.113.9"
    assert told("10.0.0.1", "203.0.113.9, nonsense") == "10.0.0.1"
    assert told("::ffff:10.0.0.1", "2001:db8::7") == "2001:db8::7"
    assert told("fd00::1%eth0") == "fd00::1"
    assert told("10.0.0.1", ",".join(["10.0.0.1"] * 10_000)) == "10.0.0.1"
    assert told("") == "None"


def test_one_household_is_one_address() -> None:
    """Of IPv6 the /64 counts, of IPv4 all of it; keys are not the addresses."""
    key = b"k" * 32

    def made(text: str) -> bytes:
        return address_key(client_of(text, (), ()), key)

    assert made("2001:db8::1") == made("2001:db8::ffff:2") != made("2001:db8:0:1::1")
    assert made("192.0.2.1") != made("192.0.2.2")
    assert len({made(one) for one in ("", "192.0.2.1", "2001:db8::1", "::")}) == 4
    assert bytes([192, 0, 2, 1]) not in made("192.0.2.1")

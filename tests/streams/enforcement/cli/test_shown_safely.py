"""What commands print of texts from outside, and the times that they read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.moments import moment_ms, span_ms
from streams.cli.screen import Failed, safe

_HOUR_MS = 3_600_000


@given(st.text())
def test_what_is_shown_cannot_move_a_cursor(text: str) -> None:
    """No character of what is shown is a control or turns a line around, and what was harmless stays as it is."""
    shown = safe(text)
    assert shown.replace("\n", "").isprintable()
    assert shown == text or not text.isprintable()


def test_times_are_moments_or_spans() -> None:
    """A span counts back from now, or ahead; a moment is taken as it is."""
    assert moment_ms("--since", "2h", 10 * _HOUR_MS) == 8 * _HOUR_MS
    assert moment_ms("--until", "2h", 10 * _HOUR_MS, ahead=True) == 12 * _HOUR_MS
    assert moment_ms("--since", "1970-01-01T02:00:00+01:00", 0) == _HOUR_MS
    assert span_ms("--lasts", "3d") == 72 * _HOUR_MS


@pytest.mark.parametrize("text", ["", "soon", "2026-03-02T09:00:00", "-2h", "\x1b[2J"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """A time without an offset, or none at all, is refused with an example, and shown safely."""
    with pytest.raises(Failed, match="is no time") as refused:
        moment_ms("--since", text, 0)
    assert "\x1b" not in str(refused.value)
    with pytest.raises(Failed, match="is no span"):
        span_ms("--lasts", text)

"""Pseudonyms of accounts."""

from __future__ import annotations

import pytest

from streams.enforcement.audit.pseudonyms import KEY_BYTES, pseudonym

_KEY = bytes(range(KEY_BYTES))


def test_a_pseudonym_is_half_an_hmac() -> None:
    """It is the first 16 bytes of HMAC-SHA256, in hex (reckoned with openssl)."""
    assert pseudonym(_KEY, "acct-1") == "74d3e96e17449968e54bab3ddb38f4d2"


def test_another_key_or_account_has_another_name() -> None:
    """Without the key nothing links the name to the account."""
    names = {pseudonym(_KEY, "a"), pseudonym(_KEY, "b"), pseudonym(_KEY[::-1], "a"), pseudonym(_KEY, "a\ud800")}
    assert len(names) == 4


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    """A short or lost key makes no pseudonym that could be guessed."""
    with pytest.raises(ValueError, match="has 32 bytes"):
        pseudonym(key, "acct-1")

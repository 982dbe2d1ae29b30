"""What somebody signs to log in: random, good for a minute and for one login, and nothing is kept until it was used."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
import threading
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.audit.canonical import NotCanonical, canonical

GOOD_S = 60
"""How long a challenge can be answered."""

_SEAL = b"tipstaff login 1\n"  # so that no other thing signed with the key can pass for a login
_FORM = struct.Struct(">16sd")  # random bytes, and when it was made


class Challenges:
    """Of one process. A challenge carries when it was made, under a key of this process, so that asking for many fills
    nothing. clock_s: seconds, monotonic.
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s, self._key = clock_s, secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._used: dict[bytes, float] = {}

    def new(self) -> str:
        """A challenge: URL-safe base64."""
        content = _FORM.pack(secrets.token_bytes(16), self._clock_s())
        return base64.urlsafe_b64encode(content + self._mac(content)).decode()

    def answered(self, name: str, nonce: str, host: str, signature: bytes, public_key: bytes) -> bool:
        """Whether the key signed this challenge, for this name at this host, in time and for the first time."""
        content = self._opened(nonce)
        return content is not None and _signed(name, nonce, host, signature, public_key) and self._first(content)

    def _opened(self, nonce: str) -> bytes | None:
        """What a challenge of ours holds, while it is good."""
        try:
            given = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except ValueError:
            return None
        content, mac = given[: _FORM.size], given[_FORM.size :]
        if len(content) != _FORM.size or not hmac.compare_digest(mac, self._mac(content)):
            return None
        return content if self._clock_s() - self._made(content) < GOOD_S else None

    def _first(self, content: bytes) -> bool:
        now = self._clock_s()
        with self._lock:
            self._used = {one: made for one, made in self._used.items() if now - made < GOOD_S}
            if content in self._used:
                return False
            self._used[content] = self._made(content)
        return True

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)

    @staticmethod
    def _made(content: bytes) -> float:
        made: float = _FORM.unpack(content)[1]
        return made


def login_message(name: str, nonce: str, host: str) -> bytes:
    """The bytes that are signed; host: as the browser names the server, with its port. Raises NotCanonical."""
    return _SEAL + canonical({"name": name, "nonce": nonce, "host": host})


def _signed(name: str, nonce: str, host: str, signature: bytes, public_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, login_message(name, nonce, host))
    except (InvalidSignature, NotCanonical, ValueError):
        return False
    return True

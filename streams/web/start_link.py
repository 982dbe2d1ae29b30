"""The way in where nobody has a credential: a link in the terminal of whoever started the process, good for once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable


class StartLink:
    """say: shows a path (with the token) to whoever started the process. Safe to use from several threads."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._lock = say, threading.Lock()
        self._hash: bytes | None = None

    def show(self) -> None:
        """Make a new link and show it, unless the last one is still unused."""
        with self._lock:
            if self._hash is not None:
                return
            token = secrets.token_urlsafe(32)
            self._hash = _hash(token)
        self._say(f"/enter?token={token}")

    def use(self, token: str) -> bool:
        """Whether this is the link's token; it is none afterwards."""
        with self._lock:
            good = self._hash is not None and hmac.compare_digest(self._hash, _hash(token))
            if good:
                self._hash = None
        return good


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

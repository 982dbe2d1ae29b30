"""Secrets: read from a file that only we can read, or from the environment; never shown."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

_MOST_BYTES = 8_192
_WEBHOOK_BYTES = range(24, 65)
HIDDEN = "[secret]"
"""What stands where a secret would."""


class SecretRefused(Exception):
    """A secret that cannot be used; its text says which, why, and what to do, and never holds it."""


class Secret:
    """A text that shows itself only when asked by `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not written down")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(("secret", self._text))


def from_file(path: Path) -> Secret:
    """The secret in a file, without the line's end. Raises SecretRefused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretRefused(f"{path}: cannot be read: {error.strerror}") from None
    try:
        _check(path, os.fstat(descriptor))
        content = os.read(descriptor, _MOST_BYTES + 1)
    except OSError as error:
        raise SecretRefused(f"{path}: cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    return _sound(content, str(path))


def from_environment(name: str, environment: Mapping[str, str]) -> Secret:
    """The secret in an environment variable. Raises SecretRefused."""
    if name not in environment:
        raise SecretRefused(f"the environment variable {name} is not set")
    return _sound(environment[name].encode("utf-8", "surrogateescape"), f"the environment variable {name}")


def webhook_key(secret: Secret) -> bytes:
    """The key in a Standard Webhooks secret. Raises SecretRefused."""
    prefix, _, encoded = secret.reveal().partition("_")
    try:
        key = base64.b64decode(encoded, validate=True) if prefix == "whsec" else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _WEBHOOK_BYTES:
        raise SecretRefused("a webhook's secret is whsec_ and the base64 of 24 to 64 random bytes; make one with "
                            "echo whsec_$(head -c 32 /dev/urandom | base64)")  # fmt: skip
    return key


def redacted(text: str, secrets: Sequence[Secret]) -> str:
    """A text with every secret in it replaced, also where it was encoded as base64."""
    for secret in secrets:
        plain = secret.reveal()
        for spelled in (plain, base64.b64encode(plain.encode()).decode().rstrip("=")):
            text = text.replace(spelled, HIDDEN) if spelled else text
    return text


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SecretRefused(f"{path}: is no file")
    # A file that is mounted for us belongs to root, and our group is the only way to read it.
    mounted = status.st_uid == 0 != os.geteuid()
    open_to = stat.S_IMODE(status.st_mode) & (0o037 if mounted else 0o077)
    if open_to:
        mode = stat.S_IMODE(status.st_mode)
        raise SecretRefused(f"{path}: others may read or change it (mode {mode:04o}); chmod 600 it")


def _sound(content: bytes, where: str) -> Secret:
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretRefused(f"{where}: is not UTF-8") from None
    if not text or len(content) > _MOST_BYTES or any(ord(sign) < 32 for sign in text):
        raise SecretRefused(f"{where}: must hold one line of 1 to {_MOST_BYTES} bytes")
    return Secret(text)

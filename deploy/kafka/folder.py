"""A broker's folder: its facts for readers, its password, its lock."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trouble import Trouble

USER = "tipstaff"


@dataclass(frozen=True)
class Folder:
    """Where one broker keeps everything; `broker.json` tells clients what they need."""

    path: Path

    @property
    def facts(self) -> dict[str, Any]:
        """What the last start wrote: bootstrap addresses, files, user. Empty before the first."""
        file = self.path / "broker.json"
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def write_facts(self, facts: dict[str, Any]) -> None:
        self.write("broker.json", json.dumps(facts, indent=2) + "\n")

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner reads, whole or not at all."""
        new = self.path / f"{name}.new"
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        new.rename(self.path / name)

    def password(self) -> str:
        """The user's password: made, or taken from KAFKA_PASSWORD, at the first start."""
        file = self.path / "password"
        if not file.exists():
            chosen = os.environ.get("KAFKA_PASSWORD") or secrets.token_urlsafe(18)
            if not re.fullmatch(r"[\w-]{8,64}", chosen, re.ASCII):
                raise Trouble("KAFKA_PASSWORD needs 8 to 64 letters, digits, - or _")
            self.write("password", chosen)
        return file.read_text()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else starts or stops this broker meanwhile."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.path / "lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble(f"another start or stop is at work in {self.path}; wait for it") from None
            yield

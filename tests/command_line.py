"""The `tipstaff` command, run in this process or as one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from streams.cli import app
from streams.cli.screen import Failed

COMMAND = [sys.executable, "-c", "from streams.cli import main; main()"]


@dataclass(frozen=True)
class Outcome:
    """What a command came to: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def tipstaff(*arguments: object, stdin: bytes | None = None) -> Outcome:
    """Run a command here; what `main` would print of a failure stands in `err`."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)
    if isinstance(result.exception, Failed):
        return Outcome(1, result.stdout, f"{result.stderr}tipstaff: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def started(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """Run a command as a process of its own."""
    pipe = subprocess.PIPE
    return subprocess.Popen([*COMMAND, *map(str, arguments)], stdin=pipe, stdout=pipe, stderr=pipe, **options)


def limited(setting: Callable[[], None], *arguments: object) -> Outcome:
    """Run a command to its end as a process of its own, under limits."""
    process = started(*arguments, preexec_fn=setting)
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out.decode(), err.decode())

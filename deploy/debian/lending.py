"""The command line of what lends programs to tests: `lend -- COMMAND`."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from own_apt import NotFetched


@dataclass(frozen=True)
class Lent:
    """name: of the programs, for people; variables: where a command finds their paths; find: what those are to say,
    given the cache, raising NotFetched; cache: where fetched packages are kept, unpacked.
    """

    name: str
    variables: Sequence[str]
    find: Callable[[Path], Mapping[str, str]]
    cache: Path

    def main(self) -> None:
        """Lend them to the command that was asked for, or say why it is skipped; messages go to standard error."""
        asked = self._arguments()
        try:
            sys.exit(self._lend(asked.cache.resolve(), asked.command))
        except NotFetched as why:
            self.say(f"skipped, no {self.name} here: {why}")
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)

    def _lend(self, cache: Path, command: list[str]) -> int:
        """Run a command with the variables set, by us unless all are; returns its exit code. Raises NotFetched."""
        given = all(os.environ.get(name) for name in self.variables)
        return subprocess.run(command, env={**os.environ, **({} if given else self.find(cache))}).returncode

    def say(self, text: str) -> None:
        """Tell the person, on standard error."""
        sys.stderr.write(f"{self.name.lower()}: {text}\n")

    def _arguments(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser(description=f"Real {self.name} for tests: lend.")
        told = f"run a command with {', '.join(self.variables)}; where they cannot be had, skip it"
        lending = parser.add_subparsers(dest="verb", required=True).add_parser("lend", help=told, description=told)
        lending.add_argument("--cache", type=Path, default=self.cache, help="where fetched packages are kept, unpacked")
        lending.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
        return parser.parse_args()

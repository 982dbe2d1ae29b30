"""A real Chromium for tests: lend."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from programs import PROGRAM, NotToBeHad, cached, chromium, say


def main() -> None:
    """The command line; messages go to standard error."""
    asked = _arguments()
    try:
        sys.exit(lend(asked.cache.resolve(), asked.command))
    except NotToBeHad as why:
        say(f"skipped, no Chromium here: {why}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def lend(cache: Path, command: list[str]) -> int:
    """Run a command with the program's path in TIPSTAFF_TEST_CHROMIUM; returns its exit code. Raises NotToBeHad.

    Where that is set already it is used.
    """
    lent = {} if os.environ.get(PROGRAM) else chromium(cache)
    return subprocess.run(command, env={**os.environ, **lent}).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    told = f"run a command with {PROGRAM}; where there is no Chromium to be had, skip it"
    lending = parser.add_subparsers(dest="verb", required=True).add_parser("lend", help=told, description=told)
    lending.add_argument("--cache", type=Path, default=cached(), help="where fetched packages are kept, unpacked")
    lending.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    return parser.parse_args()


if __name__ == "__main__":
    main()

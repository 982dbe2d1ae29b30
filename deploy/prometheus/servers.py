"""Real Prometheus and Alertmanager for tests: lend."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from programs import NAMES, PREFIX, NotToBeHad, cached, programs, say


def main() -> None:
    """The command line; messages go to standard error."""
    asked = _arguments()
    try:
        sys.exit(lend(asked.cache.resolve(), asked.command))
    except NotToBeHad as why:
        say(f"skipped, no Prometheus here: {why}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def lend(cache: Path, command: list[str]) -> int:
    """Run a command with the paths of the programs in TIPSTAFF_TEST_…; returns its exit code. Raises NotToBeHad.

    Where all are set already they are used. Tests start servers of their own, which live as long as each needs.
    """
    given = all(os.environ.get(PREFIX + name) for name in NAMES)
    return subprocess.run(command, env={**os.environ, **({} if given else programs(cache))}).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    told = f"run a command with {', '.join(PREFIX + name for name in NAMES)}; where they cannot be had, skip it"
    lending = parser.add_subparsers(dest="verb", required=True).add_parser("lend", help=told, description=told)
    lending.add_argument("--cache", type=Path, default=cached(), help="where fetched packages are kept, unpacked")
    lending.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    return parser.parse_args()


if __name__ == "__main__":
    main()

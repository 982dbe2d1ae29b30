"""A real PostgreSQL for tests: lend."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from binaries import INSTALLED, binaries, cached
from lending import lend
from trouble import NotToBeHad, Trouble, say


def main() -> None:
    """The command line; messages go to standard error."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    asked = _arguments()
    try:
        sys.exit(lend(asked.wait, lambda: binaries(asked.cache.resolve(), asked.installed), asked.command))
    except NotToBeHad as why:
        say(f"skipped, no PostgreSQL here: {why}")
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    told = "run a command with TIPSTAFF_TEST_POSTGRES of a new server, then end that; without PostgreSQL, skip it"
    lending = parser.add_subparsers(dest="verb", required=True).add_parser("lend", help=told, description=told)
    lending.add_argument("--wait", type=float, default=60, metavar="S", help="seconds until the server must answer")
    lending.add_argument("--cache", type=Path, default=cached(), help="where fetched packages are kept, unpacked")
    lending.add_argument("--installed", type=Path, default=INSTALLED, help="where to look for VERSION/bin first")
    lending.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    return parser.parse_args()


if __name__ == "__main__":
    main()

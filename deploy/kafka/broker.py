"""A real Kafka of one node on loopback, for development and tests: start, stop, status, lend."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from folder import Folder
from jars import HERE, cached
from lending import lend
from process import end, running
from starting import USUAL_PORT, start
from trouble import Trouble, say


def main() -> None:
    """The command line; messages go to standard error, the address alone to standard output."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        sys.exit(_do(_arguments()))
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(trouble.code)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _do(asked: argparse.Namespace) -> int:
    folder = Folder(asked.folder.resolve())
    if asked.verb == "lend":
        return lend(folder.path, asked.wait, asked.cache.resolve(), asked.command)
    if asked.verb == "start":
        bootstrap = start(folder, asked.port, asked.secure, asked.wait, asked.cache.resolve())
        sys.stdout.write(f"KAFKA_BOOTSTRAP={bootstrap}\n")
        return 0
    pid = running(folder)
    if asked.verb == "stop" and pid is not None:
        with folder.held():
            end(folder, asked.kill)
    told = "ended" if asked.verb == "stop" else f"runs at {folder.facts.get('bootstrap')}"
    say(f"{told} (pid {pid}, {folder.path})" if pid else f"not running ({folder.path})")
    return 0 if pid or asked.verb == "stop" else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    starting = argparse.ArgumentParser(add_help=False)
    starting.add_argument("--wait", type=float, default=60, metavar="S", help="seconds until it must answer")
    starting.add_argument("--cache", type=Path, default=cached(), help="where the jars are kept")
    for verb, parents, where, told in (
        ("start", [starting], ".kafka", "start it and wait until it answers"),
        ("stop", [], ".kafka", "end it and wait until it is gone"),
        ("status", [], ".kafka", "say whether it runs (exit code 1: no)"),
        ("lend", [starting], ".cache/kafka-test", "run a command with a new broker's KAFKA_BOOTSTRAP, then end that"),
    ):
        added = verbs.add_parser(verb, parents=parents, help=told, description=told)
        added.add_argument("--folder", type=Path, default=HERE.parents[1] / where, help="where it keeps everything")
    verbs.choices["start"].add_argument("--port", type=_port, help=f"0: any free one; else as before, or {USUAL_PORT}")
    verbs.choices["start"].add_argument("--secure", action="store_true", help="also SASL (SCRAM, PLAIN) and mTLS")
    verbs.choices["stop"].add_argument("--kill", action="store_true", help="at once, as a crash would")
    verbs.choices["lend"].add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    return parser.parse_args()


def _port(text: str) -> int:
    """A port's number, for argparse."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 to 65535")
    return int(text)


if __name__ == "__main__":
    main()

"""`make study`: real traces with labelled and simulated campaigns over them → docs/study.json, which `make measured`
renders. Every run of the test part is noted there. Needs ../shared/data beside the checkout; nothing of it is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from study.campaigns import ACCOUNTS, FEWEST
from study.page import RESULT, noted, page, stored
from study.parts import DEVELOPED, FIRST, TEST
from study.study import studied
from study.traces import DATA

from streams.local.whole_file import whole_file
from streams.pack import read_pack


def main() -> None:
    """Run it. Exits with a message where the traces are absent."""
    asked = argparse.ArgumentParser(prog="make study", description=__doc__)
    asked.add_argument("--first-part", action="store_true",
                       help="the first part alone, divided again, for whoever works on this; no run")  # fmt: skip
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no {DATA}: the traces are not part of this repository")
    first, test, accounts = (*DEVELOPED, FEWEST) if chosen.first_part else (FIRST, TEST, ACCOUNTS)
    pack, before = read_pack(), stored()
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    after = before if chosen.first_part else noted(before, now, pack.hash, chosen.seed)
    if not chosen.first_part:
        _write(after)  # before anything is seen of it: a run that breaks off has been one
    with TemporaryDirectory(prefix="tipstaff-study-") as folder:
        found = studied(first, test, pack, chosen.seed, Path(folder), _say, accounts)
    after = {**after, "found": found}
    if not chosen.first_part:
        _write(after)
    sys.stdout.write("\n".join(page(after)) + "\n")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _write(result: dict[str, object]) -> None:
    with whole_file(RESULT) as passing:
        passing.write(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

"""Options of `tipstaff evaluate --suite`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.screen import Failed

SEEDS, ACCOUNTS, HOURS = "1,2,3", 1_000, 30.0
_PANEL = "the suite"


def _option(text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, rich_help_panel=_PANEL)


Suite = Annotated[bool, _option("run the benchmark: our alerts beside baselines", "--suite")]
Seeds = Annotated[str | None, _option(f"simulated clouds, a seed each ({SEEDS})", metavar="N,N…")]
Accounts = Annotated[int | None, _option(f"accounts of a cloud, from 300 on ({ACCOUNTS:,})")]
Hours = Annotated[float | None, _option(f"hours of a cloud ({HOURS:g})")]
Prevalence = Annotated[str | None, _option("shares of accounts that are guilty (0.001,0.005,0.02)", metavar="P,P…")]
Events = Annotated[
    list[str] | None,
    _option("native events instead of simulated ones; their accounts are those of --labels", "--files"),
]
Honest = Annotated[list[str] | None, _option("native events, honest by assumption, that --files are laid over")]
Out = Annotated[Path | None, _option("a folder for suite.json and plots (PNG, SVG)", "--out", metavar="DIR")]


@dataclass(frozen=True)
class Asked:
    """The suite's options as they were given."""

    seeds: str | None
    accounts: int | None
    hours: float | None
    prevalence: str | None
    files: tuple[str, ...]
    labels: Path | None
    honest: tuple[str, ...]
    out: Path | None
    json: bool

    def refuse_without_suite(self, events: list[str] | None) -> None:
        """Raises Failed where an option of the suite stands without it."""
        given = {"--seeds": self.seeds, "--accounts": self.accounts, "--hours": self.hours, "--files": events,
                 "--prevalence": self.prevalence, "--honest": self.honest, "--out": self.out}  # fmt: skip
        for name, value in given.items():
            if value:
                raise Failed(f"{name} is an option of --suite: give that too, or leave it out")

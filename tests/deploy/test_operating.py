"""What the pages for operators say is so: commands, figures, files, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typed_commands import fenced, mentioned, refusal, words

from streams.enforcement.ledger.housekeeping import EVIDENCE_MS
from streams.enforcement.settings import EnforceSettings
from streams.settings import Settings
from streams.snapshot.sections import _READABLE, SCHEMA
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.settings import WorkerSettings
from streams.worker.topics.declared import Shape

_ROOT = Path(__file__).parents[2]
PAGES = [_ROOT / "docs/operating.md", _ROOT / "deploy/README.md"]
_SETTINGS = (Settings, WorkerSettings, EnforceSettings, KafkaSettings, Names, Shape)
_ELSEWHERE = {"TIPSTAFF_LEDGER", "TIPSTAFF_SINKS", "TIPSTAFF_COMMANDS", "TIPSTAFF_CREDENTIAL",
              "TIPSTAFF_TARGETS", "TIPSTAFF_METRICS_LISTEN"}  # fmt: skip
"""Settings that are options' own, or the metrics' (docs/metrics.md)."""


def known_settings() -> set[str]:
    """The environment variables that there are."""
    own = {f"{one.model_config['env_prefix']}{field}".upper() for one in _SETTINGS for field in one.model_fields}
    return own | _ELSEWHERE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_pages_is_one(page: Path) -> None:
    """The real command line takes every line of their shell blocks, and knows what their prose mentions."""
    text = page.read_text()
    lines = list(fenced(text))
    assert lines
    assert [(line, said) for line in lines if (said := refusal(words(line)))] == []
    assert [(named, said) for named in mentioned(text) if (said := refusal(named, whole=False))] == []


def test_a_command_that_is_none_is_noticed() -> None:
    """The test above can fail: by verb, by option, by what is missing."""
    assert "no verb" in refusal(["enforcement", "halt"])
    assert "--dry-run" in refusal(["enforce", "--dry-run"])
    assert refusal(["receiver", "--port", "1"])
    assert not refusal(["receiver", "--port", "1"], whole=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_and_file_in_the_pages_is_there(page: Path) -> None:
    """TIPSTAFF_… names a setting, and a link leads to a file."""
    text = page.read_text()
    assert set(re.findall(r"\bTIPSTAFF_[A-Z_]*[A-Z]\b", text)) - known_settings() == set()
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_sizing_cites_what_was_measured() -> None:
    """Every figure of the sizing table stands in docs/benchmarks.md."""
    section = PAGES[0].read_text().partition("## Sizing")[2].partition("\n## ")[0]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ") and "| figure |" not in line]
    figures = [figure for row in rows for figure in re.findall(r"\d[\d,.]*\d", row)]
    measured = (_ROOT / "docs/benchmarks.md").read_text()
    assert len(figures) >= 10
    assert [figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d])", measured)] == []


def test_formats_and_retention_are_as_said() -> None:
    """The page's words on snapshots and evidence are the code's."""
    text = PAGES[0].read_text()
    assert f"writes {SCHEMA} and reads {' and '.join(map(str, sorted(_READABLE)))}." in text
    assert f"{EVIDENCE_MS // 86_400_000} days after it was taken in" in text

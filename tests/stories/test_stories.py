"""Stories of enforcement in files: what happens when, and what must and must not come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audited import audit_of
from ledger_urls import BOTH, url_of
from story import Story, read_story
from story_stage import staged

from streams.located import PackRefused

pytestmark = pytest.mark.survival

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.yaml"))


def told(story: Story, database: str, folder: Path) -> dict[str, Any]:
    """What comes of a story on an empty ledger."""
    folder.mkdir()
    for url in url_of(database, folder):
        with staged(story, url, folder) as (stage, play):
            stage.tell()
            stage.again()
            verdict = audit_of(play.ledger)
            assert verdict.ok, verdict.findings
            return stage.seen.outcome()
    raise AssertionError("there is no database")


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_comes_out_as_told_twice(path: Path, database: str, tmp_path: Path) -> None:
    """Everything that a story expects comes about, nothing that it rules out, and the same when it is told again."""
    story = read_story(path)
    first = told(story, database, tmp_path / "first")
    assert told(story, "sqlite", tmp_path / "second") == first
    if database != "sqlite":
        assert told(story, database, tmp_path / "third") == first


WRONG = {
    "an unknown key": ("story: s\nsteps:\n  - at: 0\n    alert: {rule: r, acount: a}\n", "4: unknown key acount"),
    "an unknown expectation": ("story: s\nsteps: [{at: 0}]\nexpect: {efects: []}\n", "3: unknown key efects"),
    "two things at once": ("story: s\nsteps:\n  - at: 0\n    switch: off\n    housekeeping: true\n",
                           "3: switch and housekeeping in one step"),
    "time that goes back": ("story: s\nsteps:\n  - at: 10m\n  - at: 5m\n", "4: 5m is before the step before it"),
    "no time": ("story: s\nsteps:\n  - at: 10m\n  - switch: on\n", "4: a step says when: at"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_story_that_says_something_unknown_is_refused(name: str, tmp_path: Path) -> None:
    """A key, an expectation or a time that is none is refused with file and line, and not passed over."""
    written, refusal = WRONG[name]
    (tmp_path / "wrong.yaml").write_text(written)
    with pytest.raises(PackRefused) as refused:
        read_story(tmp_path / "wrong.yaml")
    assert f"wrong.yaml:{refusal}" in str(refused.value)


def test_a_story_that_does_not_come_about_fails(tmp_path: Path) -> None:
    """A story that expects what does not happen, or rules out what does, is found out."""
    text = (HERE / "one-mining-pod.yaml").read_text()
    for number, other in enumerate((text.replace("[stop_workload pod-217 requested]", "[]"),
                                    text.replace("[suspend, throttle]", "[pod-217]"))):  # fmt: skip
        (tmp_path / f"{number}.yaml").write_text(other)
        with pytest.raises(AssertionError, match="effects"):
            told(read_story(tmp_path / f"{number}.yaml"), "sqlite", tmp_path / str(number))

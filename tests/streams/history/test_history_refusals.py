"""Golden messages for every way that a command on history can be asked wrongly; `--update-golden` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Outcome, tipstaff

from streams.history.labels_file import LabelsRefused, read_labels
from streams.pack.starter import write_starter

GOLDEN = Path(__file__).with_name("history_errors.txt")


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack that `pack init` starts."""
    folder = tmp_path_factory.mktemp("starter") / "mine"
    write_starter(folder)
    return folder


HEAD = "account_id,clause,start,end\n"
DAY = "2026-03-02T00:00:00Z,2026-03-03T00:00:00Z"
BAD_LABELS: dict[str, str | bytes] = {
    "an empty file": "",
    "a head alone": HEAD,
    "no head": f"a,spam,{DAY}\n",
    "a misspelt column": "account,clause,start,end\n",
    "a column twice": "account_id,clause,clause,start,end\n",
    "an unknown clause": f"{HEAD}a,spamm,{DAY}\nb,nonsense,{DAY}\n",
    "bad times": f"{HEAD}a,spam,yesterday,2026-03-03\nb,spam,,2026-03-02T25:00:00Z\n",
    "the end before the start": f"{HEAD}a,spam,2026-03-03T00:00:00Z,2026-03-02T00:00:00Z\n",
    "no account": f"{HEAD},spam,{DAY}\n",
    "too few and too many fields": f"{HEAD}a,spam\na,spam,{DAY},more\n",
    "a quote left open": f'{HEAD}a,spam,{DAY}\nb,"spam,{DAY}\nc,spam,{DAY}\n',
    "a quote within a field": f'{HEAD}a,"sp"am,{DAY}\n',
    "spans that overlap": f"{HEAD}a,spam,{DAY}\nb,spam,{DAY}\na,spam,2026-03-02T23:00:00Z,2026-03-04T00:00:00Z\n",
    "a span within a longer one, others between": (
        f"{HEAD}a,spam,2026-03-01T00:00:00Z,2026-03-09T00:00:00Z\na,spam,{DAY}\na,spam,2026-03-05T00:00:00Z,"
        f"2026-03-06T00:00:00Z\n"
    ),
    "a line twice": f"{HEAD}a,spam,2026-03-02T00:00:00Z,2026-03-02T00:00:00Z\n" + (
        "a,spam,2026-03-02T00:00:00Z,2026-03-02T00:00:00Z\n"),
    "honest and not": f"{HEAD}a,spam,{DAY}\na,,{DAY}\n",
    "not UTF-8": HEAD.encode() + b"a\xff,spam,\n",
    "what would move a cursor": f"{HEAD}a,sp\x1b[2Jam,{DAY}\n",
    "everything at once": f"{HEAD}a,spamm,yesterday,{DAY[21:]}\n,spam,{DAY}\nb,spam,{DAY}\nb,spam,{DAY}\n",
}  # fmt: skip
BAD_ALERTS = {
    "no JSON": "nonsense\n",
    "no alert": '{"id": 7}\n{"id": "x"}\n',
    "no time": json.dumps({"id": "x", "revision": 1, "detector": "d", "clause": "c", "severity": "low", "time": "noon",
                           "entity": {"kind": "account", "account_id": "a", "id": "a"}}) + "\n",
    "no account": json.dumps({"id": "x", "revision": 1, "detector": "d", "clause": "c", "severity": "low",
                              "time": "2026-03-02T00:00:00Z", "entity": {"kind": "key", "id": "k"}}) + "\n",
}  # fmt: skip
REFUSED: tuple[tuple[Any, ...], ...] = (
    ("replay", "-"),
    ("replay", "none.ndjson"),
    ("replay", "SAMPLE", "--since", "yesterday"),
    ("replay", "SAMPLE", "--since", "2026-03-02T00:00:00Z", "--until", "2026-03-01T00:00:00Z"),
    ("replay", "SAMPLE", "--out", "SAMPLE"),
    ("replay", "SAMPLE", "--out", "none/alerts.ndjson"),
    ("replay", "SAMPLE", "--out", "alerts.ndjson", "--against", "shipped"),
    ("replay", "SAMPLE", "--against", "none"),
    ("replay", "SAMPLE", "--json"),
    ("evaluate", "SAMPLE", "--labels", "none.csv"),
    ("evaluate", "--labels", "GOOD"),
    ("evaluate", "SAMPLE", "--labels", "GOOD", "--severity", "hihg"),
    ("evaluate", "SAMPLE", "--labels", "GOOD", "--alerts", "none.ndjson"),
    ("evaluate", "none.ndjson", "--labels", "GOOD"),
    ("hunt", "tls_snii LIKE '%x'", "SAMPLE"),
    ("hunt", "status", "SAMPLE"),
    ("hunt", "status > ", "SAMPLE"),
    ("hunt", "model = 3", "SAMPLE"),
    ("hunt", "status > 1", "SAMPLE", "--entity", "user"),
    ("hunt", "status > 1", "SAMPLE", "--json", "--csv"),
    ("hunt", "status > 1", "none.ndjson"),
)  # fmt: skip


def refused(labels: Path) -> Outcome:
    """What is said of labels, without the time that a pack takes to read."""
    with pytest.raises(LabelsRefused) as caught:
        read_labels(labels, ["cryptomining", "spam"])
    return Outcome(1, "", f"{caught.value}\n")


def every_refusal(pack: Path, folder: Path) -> str:
    """All that can be wrong and what is said about it; nothing may be printed of results."""
    good = folder / "good.csv"
    good.write_text(f"{HEAD}busy-account,spam,{DAY}\n")
    named = {"SAMPLE": pack / "sample.ndjson", "GOOD": good}
    told = []
    for arguments in REFUSED:
        told.append((" ".join(arguments), tipstaff(*(named.get(one, one) for one in arguments))))
    for what, content in BAD_LABELS.items():
        path = folder / "bad.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        told.append((f"labels: {what}", refused(path)))
    for what, text in BAD_ALERTS.items():
        path = folder / "bad.ndjson"
        path.write_text(text)
        told.append((f"alerts: {what}", tipstaff("evaluate", "--labels", good, "--alerts", path)))
    assert [(what, found.code, found.out) for what, found in told] == [(what, 1, "") for what, _ in told]
    whole = "\n".join(f"── {what} ──\n{found.err}" for what, found in told)
    return whole.replace(str(pack), "my-pack").replace(f"{folder}/", "")


def test_every_refusal_by_its_words(
    pack: Path, tmp_path: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each says what was wrong, where, and what to do, all of it at once; exit code 1, and no result."""
    monkeypatch.chdir(tmp_path)
    found = every_refusal(pack, tmp_path)
    if update_golden:
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()
    assert not list(tmp_path.glob("*.passing"))


def test_labels_are_read_before_any_event(pack: Path, tmp_path: Path) -> None:
    """Bad labels beside a file that cannot be opened: the labels are what is told, and nothing is read."""
    path = tmp_path / "bad.csv"
    path.write_text(HEAD)
    told = tipstaff("evaluate", "none.ndjson", "--pack", pack, "--labels", path)
    assert (told.code, told.out) == (1, "")
    assert "nothing was read of the events" in told.err
    assert "there is no label in it" in told.err
    assert "none.ndjson" not in told.err

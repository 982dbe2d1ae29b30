"""The programs of deploy/prometheus are lent to a command, or the command is skipped with the reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "deploy" / "prometheus" / "servers.py"
GIVEN = {f"TIPSTAFF_TEST_{name}": f"/mine/{name}" for name in ("PROMETHEUS", "ALERTMANAGER", "PROMTOOL", "AMTOOL")}
TELLS = [sys.executable, "-c", f"import os, sys; print(*(os.environ[n] for n in {list(GIVEN)})); sys.exit(3)"]


def lend(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run deploy/prometheus/servers.py lend to its end, over a cache in this folder."""
    words = [sys.executable, str(PROGRAM), "lend", "--cache", str(folder / "cache"), "--", *TELLS]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env={**environment})


def programs(folder: Path, **told: str) -> Path:
    """A folder of shell programs, by their name and line."""
    path = folder / "programs"
    path.mkdir()
    for name, line in told.items():
        (path / name.replace("_", "-")).write_text(f"#!/bin/sh\n{line}\n")
        (path / name.replace("_", "-")).chmod(0o755)
    return path


@pytest.mark.parametrize("called", ["alertmanager", "prometheus_alertmanager"])
def test_installed_programs_are_lent(tmp_path: Path, called: str) -> None:
    """Those on PATH are used, whoever packed them, and the command's exit code is handed on."""
    path = programs(tmp_path, prometheus="", promtool="", amtool="", **{called: ""})
    done = lend(tmp_path, PATH=str(path))
    assert done.returncode == 3, done.stderr
    assert done.stdout.split() == [str(path / one) for one in ("prometheus", called.replace("_", "-"), "promtool",
                                                               "amtool")]  # fmt: skip


def test_given_programs_are_used(tmp_path: Path) -> None:
    """Where all variables are set already nothing is looked for."""
    done = lend(tmp_path, PATH=str(tmp_path), **GIVEN)
    assert (done.returncode, done.stdout.split()) == (3, list(GIVEN.values()))


_FETCHED = """for one in prometheus prometheus-alertmanager promtool amtool; do
    /bin/mkdir -p "$3/usr/bin"; echo > "$3/usr/bin/$one"; /bin/chmod 755 "$3/usr/bin/$one"
done"""


def test_packages_are_unpacked_once(tmp_path: Path) -> None:
    """Where not all are installed Debian's packages are fetched, unpacked and kept: apt is asked once."""
    asked = 'case "$*" in *download*) : > one.deb;; esac'
    path = programs(tmp_path, prometheus="", apt_get=asked, apt_cache="", dpkg=_FETCHED)
    first = lend(tmp_path, PATH=str(path))
    assert first.returncode == 3, first.stderr
    assert "fetching Debian's packages" in first.stderr
    folder = tmp_path / "cache" / "usr" / "bin"
    assert first.stdout.split() == [str(folder / one) for one in ("prometheus", "alertmanager", "promtool", "amtool")]
    (path / "apt-get").unlink()
    assert lend(tmp_path, PATH=str(path)).stdout == first.stdout
    assert sorted(one.name for one in tmp_path.iterdir()) == ["cache", "programs"]


@pytest.mark.parametrize(("apt", "why"), [
    ({}, "no apt-get to fetch packages with"),
    ({"apt_get": "echo no network >&2; exit 100", "apt_cache": "", "dpkg": ""}, "failed (exit code 100): no network"),
])  # fmt: skip
def test_where_there_is_none_it_is_skipped_with_the_reason(tmp_path: Path, apt: dict[str, Any], why: str) -> None:
    """Without programs and a way to fetch them the command is not run, what to do is said, and no cache is left."""
    path = programs(tmp_path, **apt)
    done = lend(tmp_path, PATH=str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert (
        "skipped, no Prometheus here: not all of prometheus, alertmanager, promtool, amtool are on PATH" in done.stderr
    )
    assert why in done.stderr
    assert "TIPSTAFF_TEST_PROMETHEUS" in done.stderr
    assert os.listdir(tmp_path) == ["programs"]

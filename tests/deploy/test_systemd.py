"""The systemd units: taken by systemd, hardened, and of commands that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typed_commands import refusal

_UNITS = sorted((Path(__file__).parents[2] / "deploy/systemd").glob("*.service"))
_COMMAND = "/opt/tipstaff/bin/tipstaff"
_MOST_EXPOSED = 20
"""Of 100, by systemd's own count."""

each = pytest.mark.parametrize("unit", _UNITS, ids=lambda path: path.name)


def _lines(unit: Path, key: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith(f"{key}=")]


def _analyzed(*arguments: str) -> str:
    """What systemd-analyze says; it must be content."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here: Debian's package systemd has it")
    found = subprocess.run([analyze, *arguments], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout + found.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """No unknown key, no bad value; the command stands in for by one that is there."""
    stand_in = shutil.which("true")
    assert _UNITS
    assert stand_in
    for unit in _UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace(_COMMAND, stand_in))
    told = _analyzed("verify", "--man=no", *(str(path) for path in sorted(tmp_path.glob("*.service"))))
    assert "tipstaff" not in told


@each
def test_a_unit_is_hardly_exposed(unit: Path) -> None:
    """By systemd's own count of what a process could still do."""
    told = _analyzed("security", "--offline=true", f"--threshold={_MOST_EXPOSED}", "--no-pager", str(unit))
    exposed = re.search(r"exposure level.*: ([\d.]+)", told)
    assert exposed is not None
    assert float(exposed[1]) * 10 <= _MOST_EXPOSED


@each
def test_what_a_unit_runs_is_a_command(unit: Path) -> None:
    """The real command line takes it."""
    (line,) = _lines(unit, "ExecStart")
    program, *arguments = line.replace("%i", "1").split()
    assert program == _COMMAND
    assert refusal(arguments) == ""


@each
def test_a_unit_has_the_secrets_it_names(unit: Path) -> None:
    """Each file among the credentials was loaded, and no secret stands in the unit."""
    loaded = {line.partition(":")[0] for line in _lines(unit, "LoadCredential")}
    named = {found for line in _lines(unit, "Environment") for found in re.findall(r"%d/([\w.-]+)", line)}
    assert named <= loaded
    assert not re.search(r"(PASSWORD|TOKEN|KEY)=(?!%d)", unit.read_text())


@each
def test_a_unit_that_hashes_has_the_key(unit: Path) -> None:
    """All but the one that enforces; it stands in no shared setting."""
    hashes = "TIPSTAFF_HASH_KEY_FILE=%d/hash-key" in _lines(unit, "Environment")
    assert hashes == (unit.name != "tipstaff-enforce.service")
    settings = [line for path in unit.parent.glob("*.example") for line in path.read_text().splitlines()]
    assert settings
    assert not [line for line in settings if re.match(r"[A-Z_]*(PASSWORD|TOKEN|KEY)=", line)]


@each
def test_a_unit_comes_back_whatever_ends_it(unit: Path) -> None:
    """Exit code 70 means: start me again; a stop gives it the time that it takes."""
    assert _lines(unit, "Restart") == ["always"]
    assert _lines(unit, "StartLimitIntervalSec") == ["0"]
    assert int(_lines(unit, "TimeoutStopSec")[0]) > 10

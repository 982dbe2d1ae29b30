"""The Dockerfile: of files that there are, hashed, and nobody's root."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_TEXT = (_ROOT / "deploy/Dockerfile").read_text()
_LINES = [line for line in _TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
_STAGES = [stage.splitlines() for stage in "\n".join(_LINES).split("\nFROM ")[1:]]
_IGNORE = (_ROOT / "deploy/Dockerfile.dockerignore").read_text().split("\n")


def _copied() -> list[str]:
    """What is copied out of the checkout."""
    copies = [shlex.split(line)[1:-1] for line in _LINES if line.startswith("COPY ") and "--from" not in line]
    return [name.rstrip("/") for names in copies for name in names]


def test_what_is_copied_is_sent_and_there() -> None:
    """Each exists and is let through by the ignore file, which stops everything else."""
    let = [line[1:] for line in _IGNORE if line.startswith("!")]
    assert "*" in _IGNORE
    assert sorted(_copied()) == sorted(let)
    assert all((_ROOT / name).exists() for name in _copied())


def test_no_secret_or_history_of_a_checkout_is_sent() -> None:
    """Ledgers, keys, environments and git stay out whatever lies about."""
    let = [line[1:] for line in _IGNORE if line.startswith("!")]
    for name in (".git", ".tipstaff", ".env", ".venv", "deploy", "tests", ".cache"):
        assert not any(fnmatch(name, pattern) for pattern in let)


def test_the_wheel_is_made_of_what_the_project_says() -> None:
    """The packages, readme and requirements that pyproject.toml names are in the builder."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())
    packages = [name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]]
    assert {*packages, "pyproject.toml", project["project"]["readme"]} <= set(_copied())


def test_every_install_is_hashed_or_our_own_wheel() -> None:
    """Pip takes what the lock names, byte for byte, as wheels; nothing is compiled, nothing comes unlocked."""
    installs = [step for line in _LINES for step in line.split("&&") if "pip install" in step]
    assert len(installs) == 3
    for step in installs:
        locked = "--require-hashes" in step and "--only-binary :all:" in step and "-r requirements/" in step
        assert locked or ("--no-index" in step and "--no-deps" in step and "/wheels/tipstaff-" in step)
    assert not re.search(r"apt-get|curl|wget|ADD ", _TEXT)


def test_the_last_stage_is_nobodys_root() -> None:
    """A user by number, no pip left, a health check on a port that is served, an entrypoint that is the command."""
    last = _STAGES[-1]
    assert [line for line in last if line.startswith("USER ")] == ["USER 10001:10001"]
    after = last[last.index("USER 10001:10001") :]
    assert not any(line.startswith("RUN ") for line in after)
    assert any("pip uninstall -y pip" in line for line in last)
    listens = re.search(r"TIPSTAFF_METRICS_LISTEN=0\.0\.0\.0:(\d+)", _TEXT)
    health = next(line for line in last if line.startswith("HEALTHCHECK"))
    assert listens is not None
    assert f"127.0.0.1:{listens[1]}/healthz" in health
    assert json.loads(health.partition("CMD ")[2])[:2] == ["python", "-c"]
    assert 'ENTRYPOINT ["tipstaff"]' in last


def test_both_stages_are_of_one_pinned_image() -> None:
    """The environment's Python is a link into the image it was made in: the other must have the same."""
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+$", _TEXT, re.MULTILINE)
    assert [stage[0].split(" AS ")[0] for stage in _STAGES] == ["${PYTHON_IMAGE}"] * 2

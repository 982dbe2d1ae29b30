"""What users would pick instead, each installed in an environment of its own under .cache/bench-venv/, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / ".cache" / "bench-venv"
PACKAGES = {"bytewax": "bytewax[kafka]==0.21.1", "quix": "quixstreams==3.28.1", "flink": "apache-flink==2.3.0"}
"""What each is made of, pinned."""

_PATIENCE_S = 900.0


class NotToBeHad(Exception):
    """An environment that cannot be made here, and why."""


def python_of(name: str) -> Path:
    """The interpreter of an environment that holds what PACKAGES says. Raises NotToBeHad."""
    folder, wanted = CACHE / name, PACKAGES[name]
    python, mark = folder / "bin" / "python", folder / "installed"
    if not mark.exists() or mark.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(folder)], f"make {folder}")
        _run([str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install", wanted], f"install {wanted}")
        mark.write_text(wanted)
    return python


def flink_environment() -> Mapping[str, str]:
    """What flink_sql.py is to be told: the connector's jar, fetched with Maven where it is not there yet.

    Raises NotToBeHad.
    """
    folder, maven = CACHE / "flink-jars", shutil.which("mvn")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise NotToBeHad("no java in PATH: install openjdk-17-jre-headless")
    if not any(folder.glob("*.jar")):
        if maven is None:
            raise NotToBeHad("no mvn in PATH to fetch Flink's Kafka connector with: install maven")
        command = [maven, "-B", "-q", "-f", str(HERE / "flink-pom.xml"), "dependency:copy-dependencies"]
        _run([*command, f"-DoutputDirectory={folder}"], "fetch Flink's Kafka connector")
    return {"FLINK_KAFKA_JAR": str(next(folder.glob("*.jar")))}


def _run(command: list[str], doing: str) -> None:
    """Raises NotToBeHad, with the last of what was said."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise NotToBeHad(f"could not {doing} within {_PATIENCE_S:.0f} s") from None
    if done.returncode:
        raise NotToBeHad(f"could not {doing}: {(done.stdout.strip().splitlines() or ['no word why'])[-1][:200]}")

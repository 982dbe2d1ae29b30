"""Java, and the broker's jars, fetched once with Maven."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from trouble import NotToBeHad, Trouble, say

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
OLDEST_JAVA = 17


def version() -> str:
    """The version of Kafka that pom.xml names."""
    found = ElementTree.parse(POM).findtext(".//{*}kafka.version")  # noqa: S314 (our own file)
    if not found:
        raise Trouble(f"{POM} names no kafka.version")
    return found


def cached() -> Path:
    """Where the jars are kept: in the checkout, by version."""
    return HERE.parents[1] / ".cache" / "kafka" / version()


def java() -> str:
    """The java to run, at least 17: from JAVA_HOME, else from PATH."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if found is None:
        raise NotToBeHad(f"no java in {'JAVA_HOME=' + home if home else 'PATH'}; {_how('openjdk-17-jre-headless')}")
    said = subprocess.run([found, "-version"], capture_output=True, text=True)
    number = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    if number is None or int(number[1]) < OLDEST_JAVA:
        raise NotToBeHad(f"{found} is {said.stderr.strip()[:80]!r}; {_how('openjdk-17-jre-headless')}")
    return found


def jars(cache: Path) -> Path:
    """The folder of jars; fetched with Maven where it is not there yet, whole or not at all."""
    if cache.is_dir():
        return cache
    maven = shutil.which("mvn")
    if maven is None:
        raise NotToBeHad(f"no mvn in PATH to fetch Kafka's jars into {cache} with; {_how('maven')}")
    say(f"fetching {version()} with Maven into {cache} (43 MB, once)")
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent, prefix="fetching-") as folder:
        _fetch(maven, Path(folder) / "jars")
        try:
            (Path(folder) / "jars").rename(cache)
        except OSError:
            if not cache.is_dir():  # else somebody else was faster
                raise
    return cache


def _fetch(maven: str, into: Path) -> None:
    """Let Maven copy the jars; on a terminal it shows its own progress."""
    watched = sys.stderr.isatty()
    command = [maven, "-f", str(POM), *([] if watched else ["-B", "-q"]), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    done = subprocess.run(command, stdout=sys.stderr if watched else subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode or not any(into.glob("kafka_*.jar")):
        said = "" if watched else done.stdout.decode(errors="replace").strip()[-2000:]
        raise Trouble(f"Maven could not fetch Kafka's jars (exit code {done.returncode}); run it again.\n{said}")


def _how(package: str) -> str:
    """How to get what is missing."""
    return (
        f"Kafka needs Java {OLDEST_JAVA} or newer, and Maven the first time: install `{package}` (Debian, Ubuntu; "
        "elsewhere `brew install openjdk maven`), or set KAFKA_BOOTSTRAP=host:port to use a broker of your own"
    )

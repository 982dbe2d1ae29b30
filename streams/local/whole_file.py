"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from streams.local.outlet import CannotWrite


@contextmanager
def whole_file(path: Path, private: bool = False) -> Iterator[TextIO]:
    """Written under a passing name beside it and renamed at the end; what was there stays until then.

    private: only its owner may read it.
    Raises CannotWrite.
    """
    passing = path.with_name(f"{path.name}.passing")
    try:
        passing.unlink(missing_ok=True)
        passing.touch(0o600 if private else 0o666)
        file = passing.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise _refused(path, error) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        passing.rename(path)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        passing.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> CannotWrite:
    return CannotWrite(f"{path}: cannot be written: {error.strerror}. What was there before is as it was.")

"""`python -m dashboards.boards FOLDER` writes every board into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.boards.written import write

if __name__ == "__main__":
    write(Path(sys.argv[1]))

"""All boards, and the files that they are."""

from __future__ import annotations

from pathlib import Path

from dashboards.boards import account, cases, detection, enforcement, month, overview, pipeline

BOARDS = (overview.BOARD, detection.BOARD, enforcement.BOARD, pipeline.BOARD, account.BOARD, cases.BOARD, month.BOARD)


def write(folder: Path) -> None:
    """Write every board into a folder, each named by its uid, and remove those that are no more."""
    written = {folder / f"{board.uid}.json": board.as_text() for board in BOARDS}
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    for path in set(folder.glob("*.json")) - set(written):
        path.unlink()

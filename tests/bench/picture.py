"""The picture of the demo's terminal in the README: runs the demo and draws what it prints → docs/demo.svg."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Draw it."""
    command = [str(Path(sys.executable).parent / "tipstaff"), "demo"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env={"FORCE_COLOR": "1", "COLUMNS": "118"}
    )
    console = Console(record=True, width=118, file=io.StringIO())
    console.print(Text.from_ansi(f"$ make demo\n{done.stdout}"))
    drawn = console.export_svg(title="tipstaff")
    # The drawing would fetch a font from elsewhere; what every system has serves as well.
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    (ROOT / "docs" / "demo.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()

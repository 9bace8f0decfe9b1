"""Take the README's picture: what two commands really print on a terminal, photographed in headless Chromium.

Needs policytext, a `chromium` and CJK fonts (Debian: chromium, fonts-noto-cjk).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    "policytext search 标准 --role recommendation --limit 2 --library demo/demo.db",
    "policytext outline hill-farm-machinery.zh.pdf --library demo/demo.db",
)
COLUMNS = 110
LINES = 34
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "tour.png"


def main() -> None:
    """Write `docs/images/tour.png`."""
    coloured = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with tempfile.TemporaryDirectory() as scratch, Path(os.devnull).open("w") as nowhere:
        subprocess.run(
            ["policytext", "demo", "--folder", "demo"], cwd=scratch, stdout=nowhere, stderr=nowhere, check=True
        )
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        for command in COMMANDS:
            done = subprocess.run(
                [*command.split(), "--format", "table"], cwd=scratch, env=coloured, capture_output=True, check=True
            )
            console.print(Text.from_ansi(f"$ {command}\n" + "\n".join(done.stdout.decode().split("\n")[:LINES])))
        page = Path(scratch) / "page.html"
        html = console.export_html(code_format=_PAGE)
        page.write_text(html, encoding="utf-8")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        height = 60 + 20 * html.count("\n", html.index("<pre"))
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--screenshot={PICTURE}",
             f"--window-size=1000,{height}", page.as_uri()],
            stderr=nowhere, check=True,
        )  # fmt: skip
    sys.stdout.write(f"{PICTURE}\n")


_PAGE = """<!doctype html><meta charset="utf-8"><style>{stylesheet}
body {{ background: #fff; color: #222; margin: 24px; }}
pre {{ font: 14px/20px "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; margin: 0; }}</style>
<pre>{code}</pre>"""

if __name__ == "__main__":
    main()

"""Run the commands that the READMEs show, and write what they really print below each of them.

Needs policytext installed, and Linux or macOS: the commands run on a terminal of their own, so that they print tables.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")
MAX_LINES = 34
COLUMNS = "118"


def printed(command: str, folder: Path) -> str:
    """What a command prints on a terminal of `COLUMNS` columns, without colours; raises when it fails."""
    master, slave = pty.openpty()
    quiet = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": COLUMNS}
    with subprocess.Popen(["bash", "-c", command], cwd=folder, stdout=slave, stderr=slave, env=quiet) as process:
        os.close(slave)
        output = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux: the other end was closed
                break
            if not piece:
                break
            output += piece
    os.close(master)
    if process.returncode:
        raise RuntimeError(f"{command}: exit code {process.returncode}\n{output.decode()}")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode().replace("\r\n", "\n"))
    return "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")).strip("\n")


def refresh(readme: Path) -> None:
    """Rewrite the output below every `$ ` line of a README's console blocks."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("corpora", "examples"):
            (folder / name).symlink_to(ROOT / name)

        def block(found: re.Match[str]) -> str:
            lines = printed(found[1], folder).replace(scratch, "").split("\n")
            shown = lines if len(lines) <= MAX_LINES else [*lines[:MAX_LINES], "…"]
            return "```console\n$ " + "\n".join([found[1], *filter(None, ["\n".join(shown)])]) + "\n```"

        text = re.sub(
            r"```console\n\$ ([^\n]+)\n(?:.*?\n)??```", block, readme.read_text(encoding="utf-8"), flags=re.DOTALL
        )
    readme.write_text(text, encoding="utf-8")


def main() -> None:
    """Refresh both READMEs."""
    for name in READMES:
        refresh(ROOT / name)
        print(shlex.quote(name), "refreshed")


if __name__ == "__main__":
    main()

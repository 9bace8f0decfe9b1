"""Which model does `default` mean? The user's own model folder, and the history of what was promoted there.

The folder holds a copy of every model that was ever promoted, and `history.jsonl`, one step a line, to which steps
are only added. Going back is a step too: what the default is follows from all of them, and nothing is forgotten.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from policytext.errors import ModelError

VARIABLE = "POLICYTEXT_MODELS"
"""Environment variable that names another model folder, e.g. one that a group shares."""

HISTORY = "history.jsonl"

FILES = ("manifest.json", "weights.npz", "taxonomy.toml", "model.skops", "README.md")
"""What a model folder is made of; a promotion copies these and nothing else that lies there."""

Action = Literal["promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the default: `model` is what it is from then on, empty for the shipped one; `at` in UTC."""

    action: Action
    model: str
    at: str


def place() -> Path:
    """The user's model folder, which may not be there yet."""
    if told := os.environ.get(VARIABLE):
        return Path(told)
    from platformdirs import user_data_path

    return user_data_path("policytext") / "models"


def history(folder: Path) -> tuple[Step, ...]:
    """Every step, the oldest first; raises `ModelError` when the file is damaged."""
    file = folder / HISTORY
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return tuple(Step(**json.loads(line)) for line in lines if line.strip())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{file}: can't be read ({error}); move it away to fall back on the shipped model") from None


def promoted(steps: Iterable[Step]) -> tuple[str, ...]:
    """The models that are promoted, the default last: each promotion adds one, each rollback takes one away."""
    stack: list[str] = []
    for step in steps:
        if step.action == "promote":
            stack.append(step.model)
        elif stack:
            stack.pop()
    return tuple(stack)


def current(folder: Path | None = None) -> Path | None:
    """The folder of the promoted model; None when the default is the shipped one.

    Raises `ModelError` when the promoted model is gone.
    """
    own = folder or place()
    stack = promoted(history(own))
    if not stack:
        return None
    model = own / stack[-1]
    if not (model / "manifest.json").is_file():
        raise ModelError(f"{model}: the promoted model is gone; go back with `policytext models rollback`")
    return model


def models(folder: Path | None = None) -> list[Path]:
    """The folders of all models that were ever promoted, by name."""
    own = folder or place()
    return sorted(p.parent for p in own.glob("*/manifest.json")) if own.is_dir() else []


def promote(source: Path, model_id: str, folder: Path | None = None) -> Path:
    """Copy the model's folder into the user's and make it the default; the copy's folder comes back.

    All or nothing: until the history is replaced, in one move, the default is what it was.
    """
    own = folder or place()
    try:
        own.mkdir(parents=True, exist_ok=True)
        target = _copy(source, model_id, own)
        _add(own, Step("promote", target.name, _now()))
    except OSError as error:
        raise ModelError(
            f"{own}: can't be written ({error.strerror or error}); name another folder in {VARIABLE}"
        ) from None
    return target


def rollback(folder: Path | None = None) -> str:
    """Make the model before the promoted one the default; its name comes back, empty for the shipped one.

    Raises `ModelError` when nothing is promoted.
    """
    own = folder or place()
    stack = promoted(history(own))
    if not stack:
        raise ModelError(f"{own}: nothing is promoted, the default is the shipped model; there is no way further back")
    before = stack[-2] if len(stack) > 1 else ""
    try:
        _add(own, Step("rollback", before, _now()))
    except OSError as error:
        raise ModelError(f"{own}: can't be written ({error.strerror or error}); the default stays") from None
    return before


def _copy(source: Path, model_id: str, own: Path) -> Path:
    """The model's copy in the user's folder: made beside it and moved, or the one that is there already."""
    wanted = _fingerprint(source)
    for n in range(1, 1000):
        target = own / (model_id if n == 1 else f"{model_id}.{n}")  # equal weights may go with other thresholds
        if not target.exists():
            break
        if _fingerprint(target) == wanted:
            return target
    with tempfile.TemporaryDirectory(dir=own) as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        for name in FILES:
            if (source / name).is_file():
                shutil.copyfile(source / name, draft / name)
        draft.rename(target)
    return target


def _fingerprint(folder: Path) -> str:
    """A hash of the manifest, which holds that of the weights."""
    file = folder / "manifest.json"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _add(own: Path, step: Step) -> None:
    """Write the history with one more step beside the old one, and put it in its place in one move."""
    steps = (*history(own), step)
    text = "".join(json.dumps(asdict(s), ensure_ascii=False) + "\n" for s in steps)
    handle, name = tempfile.mkstemp(dir=own, prefix=HISTORY)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
        Path(name).replace(own / HISTORY)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

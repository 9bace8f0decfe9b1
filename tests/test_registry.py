"""Which model the default is: promoted, taken back, and never half of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policytext import model as models
from policytext import registry
from policytext.errors import ModelError
from policytext.model import Model
from policytext.registry import Step, promoted


def step(action: str, model: str = "") -> Step:
    return Step(action, model, "2026-03-01T08:00:00+00:00")  # type: ignore[arg-type]


def test_each_promotion_adds_a_model_and_each_rollback_takes_one_away() -> None:
    steps = [step("promote", "a"), step("promote", "b"), step("rollback", "a"), step("promote", "c")]
    assert promoted(steps) == ("a", "c")
    assert promoted(steps[:3]) == ("a",)
    assert promoted([]) == ()
    assert promoted([step("rollback"), step("promote", "a")]) == ("a",)


def test_nothing_promoted_leaves_the_shipped_model(own_models: Path) -> None:
    assert registry.current() is None
    assert registry.models() == []
    assert not own_models.exists()
    assert models.find("default") == models.find("shipped")


def test_a_promoted_model_is_the_default(own_models: Path, model_folder: Path, model: Model) -> None:
    target = registry.promote(model_folder, model.id)
    assert target == own_models / model.id
    assert models.find("default") == target
    assert models.load().id == model.id
    assert models.load(model.id).id == model.id
    assert models.load("shipped").manifest["corpus"] == "policy"


def test_a_rollback_goes_back_to_the_model_before(own_models: Path, model_folder: Path, model: Model) -> None:
    registry.promote(model_folder, "first@00000000")
    registry.promote(model_folder, "second@11111111")
    assert registry.rollback() == "first@00000000"
    assert registry.current() == own_models / "first@00000000"
    assert registry.rollback() == ""
    assert registry.current() is None
    with pytest.raises(ModelError, match="nothing is promoted"):
        registry.rollback()


def test_the_history_keeps_every_step(own_models: Path, model_folder: Path) -> None:
    registry.promote(model_folder, "first@00000000")
    registry.rollback()
    registry.promote(model_folder, "first@00000000")
    told = [(s.action, s.model) for s in registry.history(own_models)]
    assert told == [("promote", "first@00000000"), ("rollback", ""), ("promote", "first@00000000")]
    assert [p.name for p in registry.models()] == ["first@00000000"]


def test_models_of_equal_weights_and_other_thresholds_are_kept_apart(
    own_models: Path, model_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in registry.FILES:
        (other / name).write_bytes((model_folder / name).read_bytes())
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    manifest["judges"][0]["doubt"] = 0.11
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert registry.promote(model_folder, "m@1").name == "m@1"
    assert registry.promote(other, "m@1").name == "m@1.2"
    assert registry.promote(model_folder, "m@1").name == "m@1"


def test_only_the_files_of_a_model_are_copied(own_models: Path, model_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "m"
    source.mkdir()
    for name in registry.FILES:
        (source / name).write_bytes((model_folder / name).read_bytes())
    (source / "notes.txt").write_text("mine", encoding="utf-8")
    assert {p.name for p in registry.promote(source, "m@1").iterdir()} == set(registry.FILES)


def test_a_step_that_fails_leaves_the_default_as_it_was(
    own_models: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote(model_folder, "first@00000000")
    before = (own_models / registry.HISTORY).read_bytes()

    def full(self: Path, target: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ModelError, match="No space left"):
        registry.promote(model_folder, "second@11111111")
    with pytest.raises(ModelError, match="the default stays"):
        registry.rollback()
    assert (own_models / registry.HISTORY).read_bytes() == before
    assert registry.current() == own_models / "first@00000000"
    assert {p.name for p in own_models.iterdir()} == {"first@00000000", "second@11111111", "history.jsonl"}


def test_a_damaged_history_is_told(own_models: Path) -> None:
    own_models.mkdir()
    (own_models / registry.HISTORY).write_text("{half a li", encoding="utf-8")
    with pytest.raises(ModelError, match="move it away"):
        registry.current()


def test_a_promoted_model_that_is_gone_is_told_with_the_way_back(own_models: Path, model_folder: Path) -> None:
    target = registry.promote(model_folder, "first@00000000")
    target.rename(own_models / "elsewhere")
    with pytest.raises(ModelError, match="rollback"):
        models.load()
    registry.rollback()
    assert models.find("default") == models.find("shipped")

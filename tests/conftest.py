"""What the tests share: the tiny corpus, a model trained on it once, and the command line run in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from building import write_corpus
from hypothesis import settings

from policytext import cli, corpus, registry, train
from policytext import model as models
from policytext.corpus import Dataset
from policytext.model import Model
from policytext.train import Trained

settings.register_profile("policytext", deadline=None, max_examples=60)  # the first example loads jieba: 1 s
settings.register_profile("thorough", deadline=None, max_examples=2000)  # pytest --hypothesis-profile=thorough
settings.load_profile("policytext")


@pytest.fixture(scope="session", autouse=True)
def no_promoted_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty model folder for every test and process: `default` is the shipped model, whatever the user promoted."""
    folder = tmp_path_factory.mktemp("home") / "models"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(registry.VARIABLE, str(folder))
        yield folder


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model folder of the test's own, to promote into."""
    folder = tmp_path / "own-models"
    monkeypatch.setenv(registry.VARIABLE, str(folder))
    return folder


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny corpus on disk; not to be written to."""
    return write_corpus(tmp_path_factory.mktemp("corpus") / "tiny")


@pytest.fixture(scope="session")
def dataset(corpus_folder: Path) -> Dataset:
    """The tiny corpus: four documents of eight passages, two in Chinese and two in English."""
    return corpus.load(corpus_folder)


@pytest.fixture(scope="session")
def trained(dataset: Dataset) -> Trained:
    """What training on the tiny corpus gives."""
    return train.fit(dataset, name="tiny")


@pytest.fixture(scope="session")
def model_folder(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model on disk; not to be written to."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    train.save(trained, folder)
    return folder


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    """The tiny model as a user of it has it: loaded from its folder."""
    return models.load(str(model_folder))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of the command line ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def policytext(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """A function that runs the command line with these arguments, in this process."""
    monkeypatch.delenv("POLICYTEXT_LIBRARY", raising=False)

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["policytext", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = capsys.readouterr()
        return Outcome(code, out, err)

    return run

"""Shared fixtures: a tiny encoder and a tiny checkpoint, made here, with random weights."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import bentoml
import pytest
import torch
from hypothesis import settings
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from models.actors import ActorMatcher
from models.checkpoint import Calibration, write_manifest
from models.classifier import Classifier
from models.network import StanceConfig, StanceNetwork
from training.corpus_measures import CorpusMeasures, measure
from training.dataset import read_sentences
from training.tokenizer import train_tokenizer

FUZZ_EXAMPLES = int(os.environ.get("HUDNA_FUZZ_EXAMPLES", "100"))
settings.register_profile("hudna", max_examples=FUZZ_EXAMPLES, deadline=None)
settings.load_profile("hudna")

CORPUS = Path("training/corpus")
BENTOML = [sys.executable, "-m", "bentoml"]


@pytest.fixture(scope="session")
def corpus_texts() -> list[str]:
    lines = (CORPUS / "part01.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


@pytest.fixture(scope="session")
def corpus_measures() -> CorpusMeasures:
    """What is measured of the whole corpus, once, since it takes a minute."""
    return measure(read_sentences(CORPUS))


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with forty train sentences of the corpus, ten of dev and ten of test."""
    folder = tmp_path_factory.mktemp("small-corpus")
    wanted = {"train": 40, "dev": 10, "test": 10}
    kept = []
    for file in (CORPUS / "part01.jsonl", CORPUS / "part59.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            split = json.loads(line)["split"]
            if wanted[split]:
                wanted[split] -= 1
                kept.append(line)
    (folder / "part01.jsonl").write_text("\n".join(kept), "utf-8")
    return folder


@pytest.fixture(scope="session")
def tokenizer(corpus_texts: list[str]) -> PreTrainedTokenizerFast:
    return train_tokenizer(corpus_texts, 2_000)


@pytest.fixture(scope="session")
def tiny_encoder(tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `BertModel` folder with a tokenizer of AraBERT's kind, as `--encoder` takes it."""
    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole checkpoint folder around the tiny encoder."""
    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(1)
    encoder = BertConfig.from_pretrained(tiny_encoder).to_dict()
    network = StanceNetwork(StanceConfig(encoder, name="tiny", version="1"))
    for parameter in network.parameters():  # far from uniform, so that differences would show
        parameter.data.mul_(3)
    network.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((tiny_encoder / "tokenizer.json").read_bytes())
    calibration = Calibration(temperature=1.5, threshold=0.5).model_dump()
    heads = dict.fromkeys(network.config.heads, calibration)
    (folder / "calibration.json").write_text(json.dumps(heads), "utf-8")
    write_manifest(folder)
    return folder


@pytest.fixture(scope="session")
def other_checkpoint(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint under the same name and version, with another calibration."""
    copy = Path(shutil.copytree(tiny_checkpoint, tmp_path_factory.mktemp("other") / "checkpoint"))
    calibration = (copy / "calibration.json").read_text("utf-8")
    (copy / "calibration.json").write_text(calibration.replace("1.5", "1.25"), "utf-8")
    write_manifest(copy)
    return copy


@pytest.fixture(scope="session")
def classifier(tiny_checkpoint: Path) -> Classifier:
    return Classifier.load(tiny_checkpoint, "cpu")


@pytest.fixture(scope="session")
def matcher() -> ActorMatcher:
    return ActorMatcher()


@pytest.fixture(scope="session")
def feedback_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('feedback') / 'feedback.sqlite'}"


@contextmanager
def running_service(
    home: Path, what: str, folder: Path, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A service started as a process on a free port: its address and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [*BENTOML, "serve", what, "--host", "127.0.0.1", "--port", str(port)],
            env=_bentoml_environment(home) | environment,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        bentoml.SyncHTTPClient(url, server_ready_timeout=120).close()
        yield url, server
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture(scope="session")
def run_service() -> Callable[..., AbstractContextManager[tuple[str, subprocess.Popen[bytes]]]]:
    return running_service


def _bentoml_environment(home: Path) -> dict[str, str]:
    return os.environ | {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "true"}


@pytest.fixture(scope="session")
def build_bento() -> Callable[..., None]:
    """Builds the service into a BentoML home."""

    def build(home: Path, *options: str) -> None:
        line = [*BENTOML, "build", "-o", "tag", *options]
        subprocess.run(line, env=_bentoml_environment(home), check=True, capture_output=True)

    return build


@pytest.fixture(scope="session")
def bento_home(tmp_path_factory: pytest.TempPathFactory, build_bento: Callable[..., None]) -> Path:
    """BentoML's home with the built service in it."""
    home = tmp_path_factory.mktemp("bentoml")
    build_bento(home)
    return home


@pytest.fixture(scope="session")
def address(bento_home: Path, feedback_url: str) -> Iterator[str]:
    """The built service, started as a process on a free port; its address."""
    settings = {"HUDNA_FEEDBACK": feedback_url}
    with running_service(bento_home, "hudna:latest", bento_home, **settings) as (url, _):
        yield url

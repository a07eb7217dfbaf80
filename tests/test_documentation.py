"""Every command, program and example in the documentation runs, in a folder set up as a user's."""

import ast
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from models import SHIPPED_CHECKPOINT
from models.actors import ActorMatcher
from models.registry import load_registry
from models.results import Analysis
from serving.settings import Settings
from training.model_card import write_model_card

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# What makes a documented command small enough for a test; the command itself runs as it stands.
SMALL = {
    "hudna pretrain": "--steps 4 --layers 1 --hidden 32 --heads 2 --sequence 32 --rows 8 "
    "--vocabulary 1500 --local_layers 1 --save_every 2 --no_compile",
    "hudna train": "--epochs 1",
    "hudna ablate": "--variants recipe --seeds 1 --limit 16 --epochs 1",
    "hudna corpus curve": "--sizes 20 0 --seeds 1 --epochs 1 --steps 1",
}


def blocks(language: str) -> list[tuple[str, str]]:
    fence = re.compile(rf"```{language}\n(.*?)```", re.DOTALL)
    return [(page.name, block) for page in PAGES for block in fence.findall(page.read_text("utf-8"))]


def commands() -> list[tuple[str, str]]:
    lines = []
    for page, block in blocks("sh"):
        joined = re.sub(r"\\\n\s*", " ", block)
        lines += [
            (page, line) for line in re.split(r"\n(?=hudna|curl|make|echo|bentoml)", joined.strip())
        ]
    return lines


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    corpus_texts: list[str],
    tiny_encoder: Path,
    small_corpus: Path,
) -> Path:
    """A user's folder: the repository's examples and checkpoint, some news, a small corpus."""
    home = tmp_path_factory.mktemp("user")
    (home / "examples").symlink_to(ROOT / "examples")
    shutil.copytree(small_corpus, home / "training/corpus")
    (home / "news").mkdir()
    with lzma.open(home / "news/a.txt.xz", "wt", encoding="utf-8") as news:
        news.write("\n".join(corpus_texts * 12))
    (home / "models/checkpoints").mkdir(parents=True)
    (home / "models/checkpoints/hudna-encoder").symlink_to(tiny_encoder)
    (home / "aubmindlab").mkdir()
    (home / "aubmindlab/bert-base-arabertv02").symlink_to(tiny_encoder)
    return home


@pytest.mark.parametrize(("page", "command"), commands())
def test_commands_run(page: str, command: str, folder: Path, address: str) -> None:
    if command.startswith("make"):
        command = f"make -C {ROOT} -n {command.split()[1]}"
    for start, flags in SMALL.items():
        if command.startswith(start):
            command = f"{command} {flags}"
    command = command.replace("http://127.0.0.1:3000", address)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    if command.startswith("curl"):
        assert "error" not in json.loads(run.stdout)


@pytest.mark.parametrize(("page", "program"), blocks("python"))
def test_programs_run(page: str, program: str, address: str) -> None:
    program = program.replace("http://127.0.0.1:3000", address)
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)


def test_the_documented_output_is_the_contract() -> None:
    [(_, example)] = blocks("json")
    analysis = Analysis.model_validate_json(example)
    [sentence] = analysis.sentences
    [judgement] = sentence.judgements
    [mention] = judgement.mentions
    assert sentence.text[mention.start : mention.end] == mention.text
    assert len(sentence.text) == sentence.end


def test_the_documented_actor_is_the_registrys(matcher: ActorMatcher) -> None:
    [(_, example)] = blocks("yaml")
    [(key, entry)] = yaml.safe_load(example).items()
    actor = matcher.registry.actors[key]
    assert (actor.kind, actor.side, actor.of) == (entry["kind"], entry["side"], entry["of"])
    assert set(entry["names"] + entry["titles"]) <= set(matcher.registry.forms[key])


def test_the_readme_counts_the_actors_right() -> None:
    assert f"{len(load_registry().actors)} actors" in (ROOT / "README.md").read_text("utf-8")


def test_the_readme_tells_the_recorded_scores() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    metrics = json.loads((SHIPPED_CHECKPOINT / "metrics.json").read_text("utf-8"))
    assert len(metrics["evaluations"]) == 3
    for title, evaluation in metrics["evaluations"].items():
        assert f"| {title} |" in readme
        for heads in evaluation["scores"].values():
            for score in heads.values():
                low, high = score["interval"]
                assert f"{score['macro']:.2f} [{low:.2f}-{high:.2f}]" in readme


def test_the_shipped_card_is_what_its_records_give(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(SHIPPED_CHECKPOINT, tmp_path / SHIPPED_CHECKPOINT.name))
    write_model_card(copy)
    name = "README.md"
    assert (copy / name).read_text("utf-8") == (SHIPPED_CHECKPOINT / name).read_text("utf-8")


def test_the_shipped_checkpoint_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED_CHECKPOINT.iterdir()) < 60_000_000


@pytest.mark.parametrize("name", ["compose", "kubernetes"])
def test_every_setting_in_a_deployment_is_one(name: str) -> None:
    file = ROOT / f"docs/deploy/{name}.yaml"
    documents = list(yaml.safe_load_all(file.read_text("utf-8")))
    assert documents
    named = set(re.findall(r"HUDNA_([A-Z_]+)", file.read_text("utf-8")))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_service_page_tells_every_setting() -> None:
    page = (ROOT / "docs/service.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"| `HUDNA_{name.upper()}` |" in page
        assert f"| {field.description} |" in page


def test_every_risk_of_the_threat_model_names_tests_that_there_are() -> None:
    page = ROOT / "docs/threats.md"
    risks = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| API")]
    assert len(risks) == 10
    for risk in risks:
        named = re.findall(r"\[`(\w+\.py)::(\w+)`\]\(([^)]+)\)", risk.rsplit(" | ", 1)[1])
        assert named, risk
        for file, test, target in named:
            tree = ast.parse((page.parent / target).read_text("utf-8"))
            tests = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
            assert (Path(target).name, test in tests) == (file, True), test


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert (citation["version"], citation["license"]) == (version("hudna"), "Apache-2.0")


def test_every_link_to_a_file_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

"""What `bentoml build` puts into the bento, and what its image is made of."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from models.checkpoint import read_checkpoint
from serving.pages import BUILT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture
def bento(bento_home: Path) -> Path:
    [bento] = (path for path in (bento_home / "bentos/hudna").iterdir() if path.is_dir())
    return bento


def test_the_checkpoint_is_inside_and_the_encoder_before_it_is_not(bento: Path) -> None:
    checkpoints = bento / "src/models/checkpoints"
    assert [folder.name for folder in checkpoints.iterdir()] == ["hudna-base"]
    assert read_checkpoint(checkpoints / "hudna-base").config.name == "hudna-base"


def test_neither_training_nor_tests_are_shipped(bento: Path) -> None:
    assert {folder.name for folder in (bento / "src").iterdir() if folder.is_dir()} == {
        "models",
        "serving",
    }


def test_the_page_is_shipped_as_it_is_built_and_without_its_sources(bento: Path) -> None:
    page = bento / "src/serving/page"
    assert [folder.name for folder in page.iterdir()] == ["dist"]
    shipped, built = (
        {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}
        for folder in (page / "dist", BUILT)
    )
    assert shipped == built


def test_the_variant_for_cpus_differs_in_its_pytorch_alone(tmp_path: Path, build_bento) -> None:
    both, cpu = (
        yaml.safe_load(Path(name).read_text("utf-8"))
        for name in ("bentofile.yaml", "bentofile.cpu.yaml")
    )
    [index] = cpu["python"].pop("extra_index_url")
    packages = [
        [package.replace("+cpu", "") for package in each["python"].pop("packages")]
        for each in (both, cpu)
    ]
    assert both == cpu
    assert packages[0] == packages[1]
    build_bento(tmp_path, "-f", "bentofile.cpu.yaml")
    [bento] = (path for path in (tmp_path / "bentos/hudna").iterdir() if path.is_dir())
    assert index in (bento / "env/python/install.sh").read_text("utf-8")
    assert "torch==2.13.0+cpu" in (bento / "env/python/requirements.txt").read_text("utf-8")


def test_what_the_service_imports_is_in_the_image() -> None:
    told = yaml.safe_load(Path("bentofile.yaml").read_text("utf-8"))["python"]["packages"]
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    packages, needed = ({re.split(r"[\[><=;]", each)[0] for each in some} for some in (told, project))
    sources = "".join(file.read_text("utf-8") for file in Path("models").glob("*.py"))
    imported = set(re.findall(r"^ *(?:from|import) (\w+)", sources, re.MULTILINE))
    assert "openvino" in imported
    assert {name for name in needed if name.replace("-", "_") in imported} <= packages


def test_the_image_runs_as_nobody_special_and_keeps_no_compiler(bento: Path) -> None:
    steps = (bento / "env/docker/Dockerfile").read_text("utf-8").splitlines()
    users = [line.split()[1] for line in steps if line.startswith("USER ")]
    assert users[-1] == "bentoml"
    [purge] = [place for place, line in enumerate(steps) if "apt-get purge" in line]
    installs = [place for place, line in enumerate(steps) if "apt-get install" in line]
    assert max(installs) < purge
    assert {"build-essential", "git"} <= set(steps[purge].split())

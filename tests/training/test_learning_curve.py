import json
from pathlib import Path

import pytest

from training.learning_curve import CurveArguments, learning_curve, plot_curve, print_curve, read_points


@pytest.mark.slow
def test_every_size_and_seed_is_scored_once_for_network_and_baseline(
    tmp_path: Path, tiny_encoder: Path, small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = CurveArguments(
        small_corpus,
        str(tiny_encoder),
        tmp_path / "curve",
        [20, 0],
        [1],
        {"corpus test": small_corpus},
        epochs=1,
        steps=1,
    )
    learning_curve(arguments)
    points = read_points(tmp_path / "curve")
    assert {(data, system) for data, _, system, _, _ in points} == {
        ("corpus test", "network"),
        ("corpus test", "tfidf_svm"),
    }
    assert min(size for *_, size in points) == 20
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "curve").iterdir()}
    learning_curve(arguments)  # nothing is left to do
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "curve").iterdir()} == times
    assert all(0 <= row["macro"] <= 1 for file in times for row in json.loads(file.read_text("utf-8")))
    print_curve(tmp_path / "curve")
    assert "tfidf_svm" in capsys.readouterr().out
    plot_curve(tmp_path / "curve", tmp_path / "curve.png", small_corpus.name)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")

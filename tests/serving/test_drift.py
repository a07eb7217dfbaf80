from pathlib import Path

import pytest

from models.classifier import Article, Classifier
from models.errors import InputError
from models.results import Prediction
from serving.drift import drift, print_drift, read_predictions


def said(label: str, count: int, confidence: float = 0.9) -> list[Prediction]:
    probabilities = {"favor": 0.5, "none": 0.5}
    one = Prediction(label=label, confidence=confidence, uncertain=False, probabilities=probabilities)
    return [one] * count


def test_the_same_is_no_drift() -> None:
    same = {"ceasefire": said("favor", 30) + said("none", 70)}
    found = drift(same, same)["ceasefire"]
    assert found.distance == pytest.approx(0)
    assert not found.is_notable
    assert found.reference == found.window == {"favor": 0.3, "none": 0.7}


def test_other_labels_are_told() -> None:
    found = drift(
        {"ceasefire": said("favor", 100) + said("none", 900)},
        {"ceasefire": said("favor", 450) + said("none", 550)},
    )["ceasefire"]
    assert found.distance > 0.2
    assert found.labels_p < 1e-6
    assert found.is_notable


def test_few_judgements_prove_nothing() -> None:
    found = drift({"ceasefire": said("favor", 2)}, {"ceasefire": said("none", 1)})["ceasefire"]
    assert found.distance == pytest.approx(1)
    assert not found.is_notable


def test_other_confidence_is_told() -> None:
    found = drift({"h": said("none", 50)}, {"h": said("none", 50, confidence=0.6)})["h"]
    assert found.confidence_p < 1e-6
    assert found.labels_p == 1.0


def test_files_of_analyses_are_compared(
    classifier: Classifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    analyses = classifier.analyze([Article("a", "رفض حفتر الهدنة. ورحب بها السراج.")])
    file = tmp_path / "judged.jsonl"
    file.write_text("\n".join(each.model_dump_json() for each in analyses), "utf-8")
    assert not print_drift(file, file)
    assert "no drift worth a look" in capsys.readouterr().out


def test_what_is_no_file_of_analyses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=r"a\.jsonl:1 is no analysis"):
        read_predictions(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text("")
    with pytest.raises(InputError, match="no judgement"):
        read_predictions(tmp_path / "b.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        read_predictions(tmp_path / "none.jsonl")

import csv
from pathlib import Path

import pytest

from training.dataset import judgements, read_sentences
from training.report import report


@pytest.mark.slow
def test_every_wrong_judgement_is_listed_with_its_construct(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Path("training/corpus/part01.jsonl").read_text("utf-8").splitlines()[:30]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows), "utf-8")
    monkeypatch.chdir(tmp_path)
    report(tiny_checkpoint, tmp_path / "rows.jsonl", None, None, None, tmp_path / "errors.tsv")
    with (tmp_path / "errors.tsv").open(encoding="utf-8", newline="") as lines:
        errors = list(csv.DictReader(lines, delimiter="\t"))
    sentences = {sentence.id: sentence for sentence in read_sentences(tmp_path / "rows.jsonl")}
    assert 0 < len(errors) <= 3 * len(judgements(sentences.values()))
    for error in errors:
        assert error["truth"] != error["predicted"]
        assert error["construct"] == sentences[error["id"]].construct

import shutil
from pathlib import Path

import pytest

from training.corpus_measures import CorpusMeasures
from training.data_card import write_data_card

CORPUS = Path("training/corpus")


@pytest.mark.slow
def test_the_data_card_is_what_the_files_give(
    tmp_path: Path, corpus_measures: CorpusMeasures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.data_card.measure", lambda _: corpus_measures)
    monkeypatch.setattr("training.data_card.faults", lambda _: iter(()))  # test_corpus_check looks
    copy = Path(shutil.copytree(CORPUS, tmp_path / CORPUS.name))
    write_data_card(copy)
    assert (copy / "README.md").read_text("utf-8") == (CORPUS / "README.md").read_text("utf-8")


def test_the_card_says_first_who_wrote_the_sentences() -> None:
    card = (CORPUS / "README.md").read_text("utf-8")
    body = card.split("# The Hudna corpus\n\n", 1)[1]
    assert body.startswith("**These sentences are written and labelled by a large language model.**")

import json
from pathlib import Path

import pytest

from models.errors import InputError
from serving.benchmarks.sample import articles_of, draw_sample

CORPUS = Path("training/corpus")


def test_it_is_always_the_same_and_the_fewer_are_among_the_more() -> None:
    few, more = draw_sample(CORPUS, 5), draw_sample(CORPUS, 20)
    assert few.sentences == more.sentences[:5]
    assert len(few.labels) == sum(len(each.actors) for each in few.sentences)


def test_every_sentence_is_of_the_test_split_and_has_an_actor() -> None:
    rows = [
        json.loads(line)
        for file in CORPUS.glob("*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    tested = {row["text"] for row in rows if row["split"] == "test"}
    sample = draw_sample(CORPUS, 50)
    assert all(each.text in tested and each.actors for each in sample.sentences)


def test_a_pair_is_a_sentence_and_what_it_calls_the_actor(tmp_path: Path) -> None:
    text = "رفض حفتر الهدنة، ورحب بها السراج، ثم عاد حفتر فقبلها."
    actors = [
        {"actor": "haftar", "mentions": ["حفتر"], "ceasefire": "against"},
        {"actor": "sarraj", "mentions": ["السراج"], "ceasefire": "favor"},
    ]
    row = {"text": text, "split": "test", "actors": actors}
    (tmp_path / "part01.jsonl").write_text(json.dumps(row), "utf-8")
    sample = draw_sample(tmp_path, 1)
    assert sample.pairs == [(text, "حفتر"), (text, "السراج")]
    assert [len(actor.spans) for actor in sample.sentences[0].actors] == [2, 1]
    assert sample.labels == [{"ceasefire": "against"}, {"ceasefire": "favor"}]


def test_articles_are_whole() -> None:
    sample = draw_sample(CORPUS, 11)
    assert [text.count("\n") for text in articles_of(sample, 5)] == [4, 4]


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no test sentences"):
        draw_sample(tmp_path, 1)

from typing import Any

import pytest

from models.classifier import Classifier, MarkedActor, MarkedSentence
from models.text import Span
from serving.benchmarks import anatomy

LONG = "رفض حفتر وقف إطلاق النار في طرابلس ومحيطها حتى إشعار آخر بحسب متحدث، ورحب به السراج."
SHORT = "رفض حفتر الهدنة."


def sentence(text: str) -> MarkedSentence:
    return MarkedSentence(text, [MarkedActor("haftar", [Span(4, 8)])])


def test_padding_is_what_rows_are_longer_than_their_sentences(classifier: Classifier) -> None:
    encode = classifier.checkpoint.encoder.encode
    long, short = (encode(anatomy.queries([sentence(text)])) for text in (LONG, SHORT))
    rows = 16 * (-(-len(long[0]) // 16) + 1)
    assert len(short[0]) < 16 < len(long[0])
    assert anatomy.padding(classifier, [*long, *short]) == 1 - (len(long[0]) + len(short[0])) / rows


def test_steps_and_the_rest_are_the_whole_time(classifier: Classifier) -> None:
    found = anatomy.steps(classifier, [LONG * 4, SHORT], 0)
    assert set(found["shares"]) == {"segmentation", "matching", "tokenising", "model", "the rest"}
    others = sum(share for name, share in found["shares"].items() if name != "the rest")
    assert found["shares"]["the rest"] == pytest.approx(max(0, 1 - others))
    assert found["matched_mb_per_second"] > 0


def test_operators_are_told_by_kind(classifier: Classifier) -> None:
    found = anatomy.operators(classifier, [sentence(LONG)] * 4)
    assert found["matrix products"] > 0
    assert found["attention"] > 0
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) >= 0


def test_five_actors_are_five_words(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(classifier, "classify", lambda sentences: asked.append(sentences))
    anatomy.cost_of_actors(classifier, [sentence(LONG)], 0)
    few, many = asked[:2]
    assert [len(each[0].actors) for each in (few, many)] == [1, 5]
    spans = [actor.spans[0] for actor in many[0].actors]
    assert [LONG[slice(*span)] for span in spans] == LONG.split()[:5]

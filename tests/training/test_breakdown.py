from models.labels import HEAD_LABELS
from models.text import Span
from training.breakdown import breakdown
from training.dataset import LabelledActor, LabelledSentence

HEADS = {"ceasefire": HEAD_LABELS["stance"]}


def _sentence(actor: str, label: str, register: str) -> LabelledSentence:
    labelled = LabelledActor(actor, (Span(4, 8),), {"ceasefire": label})
    return LabelledSentence("s", "رفض حفتر الهدنة", (labelled,), register=register)


def test_a_group_is_scored_on_its_own_judgements() -> None:
    sentences = [_sentence("haftar", "against", "wire")] * 50 + [_sentence("un", "favor", "libyan")] * 40
    predicted = {"ceasefire": ["against"] * 90}
    found = breakdown(sentences, predicted, HEADS)
    assert found["register"] == {
        "wire": (50, {"ceasefire": 1.0}),
        "libyan": (40, {"ceasefire": 0.0}),
    }
    assert list(found["actor"]) == ["haftar", "un"]


def test_small_groups_and_nameless_ones_are_left_out() -> None:
    sentences = [_sentence("haftar", "against", "")] * 50 + [_sentence("un", "favor", "wire")] * 39
    found = breakdown(sentences, {"ceasefire": ["none"] * 89}, HEADS)
    assert found["register"] == {}
    assert list(found["actor"]) == ["haftar"]

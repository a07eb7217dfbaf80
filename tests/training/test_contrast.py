from dataclasses import replace

from training.contrast import contrast_consistency, flipping_pairs
from training.dataset import LabelledActor, LabelledSentence


def side(key: str, pair: str, *labels: tuple[str, str]) -> LabelledSentence:
    actors = tuple(LabelledActor(actor, (), {"ceasefire": label}) for actor, label in labels)
    return LabelledSentence(key, "نص", actors, ties=frozenset({f"pair {pair}"}))


def test_a_pair_counts_where_every_flipped_label_is_right_on_both_sides() -> None:
    sentences = [
        side("a1", "a", ("haftar", "favor"), ("un", "none")),
        side("a2", "a", ("haftar", "against"), ("un", "none")),
        side("b1", "b", ("sarraj", "favor")),
        side("b2", "b", ("sarraj", "conditional")),
    ]
    said = ["favor", "favor", "against", "none", "favor", "favor"]  # un is wrong, but does not flip
    assert contrast_consistency(sentences, {"ceasefire": said}) == {"ceasefire": (1, 2)}


def test_pairs_that_do_not_flip_the_head_are_not_counted() -> None:
    sentences = [side("a1", "a", ("haftar", "favor")), side("a2", "a", ("haftar", "favor"))]
    assert contrast_consistency(sentences, {"ceasefire": ["favor", "none"]}) == {"ceasefire": (0, 0)}


def worded(sentence: LabelledSentence, text: str) -> LabelledSentence:
    return replace(sentence, text=text)


def test_a_pair_flips_where_few_words_change_a_label_of_one_actor() -> None:
    kept = worded(side("a1", "a", ("haftar", "favor")), "قبل حفتر هدنة العيد في طرابلس أمس")
    refused = worded(side("a2", "a", ("haftar", "against")), "رفض حفتر هدنة العيد في طرابلس أمس")
    assert flipping_pairs([kept, refused]) == {"pair a"}
    assert not flipping_pairs([kept, worded(kept, refused.text)])
    assert not flipping_pairs([kept, worded(refused, "لم يبق في المدينة من يصدق ما قيل عن حفتر ورجاله")])
    other = worded(side("a2", "a", ("sarraj", "against")), "قبل السراج هدنة العيد في طرابلس أمس")
    assert not flipping_pairs([kept, other])

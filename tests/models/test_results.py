from models.labels import Stance
from models.results import Judgement, Mention, Prediction, Sentence, summarise


def stance(label: str, **probabilities: float) -> Prediction:
    rest = dict.fromkeys(Stance, 0.0) | probabilities
    return Prediction(label=label, confidence=0.9, uncertain=False, probabilities=rest)


def sentence(actor: str, mentions: int, label: str, **probabilities: float) -> Sentence:
    judgement = Judgement(
        actor=actor,
        name=actor,
        mentions=[Mention(start=0, end=1, text="ح")] * mentions,
        stance={"ceasefire": stance(label, **probabilities)},
        sentiment=Prediction(label="neutral", confidence=1, uncertain=False, probabilities={}),
    )
    return Sentence(text="", start=0, end=0, judgements=[judgement])


def test_actors_are_ordered_by_how_often_they_are_named() -> None:
    found = summarise([sentence("sarraj", 1, "none"), sentence("haftar", 3, "none")])
    assert [(actor.actor, actor.mentions) for actor in found] == [("haftar", 3), ("sarraj", 1)]


def test_overall_is_the_most_frequent_stance_other_than_none() -> None:
    labels = ["none", "none", "none", "against", "against", "favor"]
    [summary] = summarise(sentence("haftar", 1, label) for label in labels)
    assert summary.stance["ceasefire"].overall is Stance.AGAINST
    assert summary.stance["ceasefire"].none == 3


def test_a_tie_goes_to_the_more_probable_stance() -> None:
    [summary] = summarise(
        [sentence("haftar", 1, "favor", favor=0.5), sentence("haftar", 1, "against", against=0.9)]
    )
    assert summary.stance["ceasefire"].overall is Stance.AGAINST


def test_without_any_stance_overall_is_none() -> None:
    [summary] = summarise([sentence("who", 1, "none")])
    assert summary.stance["ceasefire"].overall is Stance.NONE

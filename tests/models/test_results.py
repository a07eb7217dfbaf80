from models.labels import Stance
from models.results import Judgement, Mention, Prediction, summarise


def stance(label: str, **probabilities: float) -> Prediction:
    rest = dict.fromkeys(Stance, 0.0) | probabilities
    return Prediction(label=label, confidence=0.9, uncertain=False, probabilities=rest)


def judged(actor: str, mentions: int, label: str, **probabilities: float) -> Judgement:
    return Judgement(
        actor=actor,
        name=actor,
        mentions=[Mention(start=0, end=1, text="ح")] * mentions,
        stance={"ceasefire": stance(label, **probabilities)},
        sentiment=Prediction(label="neutral", confidence=1, uncertain=False, probabilities={}),
    )


def test_actors_are_ordered_by_how_often_they_are_named() -> None:
    found = summarise([judged("sarraj", 1, "none"), judged("haftar", 3, "none")])
    assert [(actor.actor, actor.mentions) for actor in found] == [("haftar", 3), ("sarraj", 1)]


def test_overall_is_the_most_frequent_stance_other_than_none() -> None:
    labels = ["none", "none", "none", "against", "against", "favor"]
    [summary] = summarise(judged("haftar", 1, label) for label in labels)
    assert summary.stance["ceasefire"].overall is Stance.AGAINST
    assert summary.stance["ceasefire"].none == 3


def test_a_tie_goes_to_the_more_probable_stance() -> None:
    [summary] = summarise(
        [judged("haftar", 1, "favor", favor=0.5), judged("haftar", 1, "against", against=0.9)]
    )
    assert summary.stance["ceasefire"].overall is Stance.AGAINST


def test_without_any_stance_overall_is_none() -> None:
    [summary] = summarise([judged("who", 1, "none")])
    assert summary.stance["ceasefire"].overall is Stance.NONE


def test_what_is_less_confident_is_not_counted() -> None:
    judgements = [judged("haftar", 1, "against"), judged("haftar", 1, "favor")]
    judgements[0].stance["ceasefire"].confidence = 0.7
    [summary] = summarise(judgements, min_confidence=0.8)
    counts = summary.stance["ceasefire"]
    assert (counts.favor, counts.against, counts.overall) == (1, 0, Stance.FAVOR)
    assert summary.mentions == 2

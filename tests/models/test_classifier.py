from collections.abc import Iterator
from itertools import count, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.classifier import Article, Classifier, MarkedActor, MarkedSentence
from models.errors import InputError
from models.text import Span

TEXT = (
    "هدنة هشة\nرفض المشير خليفة حفتر، الأربعاء، وقف إطلاق النار., ورحّبت حكومة الوفاق به.\n"
    "وبلغ عدد النازحين 70.000 شخص"
)


def test_offsets_point_into_the_text_as_sent(classifier: Classifier) -> None:
    [analysis] = classifier.analyze([Article("a", TEXT)])
    assert len(analysis.sentences) == 4
    for sentence in analysis.sentences:
        assert TEXT[sentence.start : sentence.end] == sentence.text
        for judgement in sentence.judgements:
            for mention in judgement.mentions:
                assert TEXT[mention.start : mention.end] == mention.text


def test_every_article_keeps_its_id_and_place(classifier: Classifier) -> None:
    articles = [Article(str(i), f"رفض {'حفتر' if i % 2 else 'السراج'} الهدنة.") for i in range(9)]
    found = classifier.analyze(articles)
    assert [analysis.id for analysis in found] == [article.id for article in articles]
    assert [a.actors[0].actor for a in found[:2]] == ["sarraj", "haftar"]


def test_any_number_of_articles_is_scored_as_it_comes(classifier: Classifier) -> None:
    taken = []

    def articles() -> Iterator[Article]:
        for n in count():
            taken.append(n)
            yield Article(str(n), "رفض حفتر الهدنة.")

    scored = classifier.score(articles(), targets=["ceasefire"])
    assert [analysis.id for analysis in islice(scored, 3)] == ["0", "1", "2"]
    assert len(taken) <= 192  # three groups: one is prepared, one read, one finished
    assert list(next(scored).actors[0].stance) == ["ceasefire"]


def test_probabilities_sum_to_one_and_decide_the_label(classifier: Classifier) -> None:
    [analysis] = classifier.analyze([Article("a", TEXT)])
    for judgement in (j for sentence in analysis.sentences for j in sentence.judgements):
        for prediction in (*judgement.stance.values(), judgement.sentiment):
            assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-3)
            assert prediction.probabilities[prediction.label] == prediction.confidence
            assert prediction.uncertain == (prediction.confidence < 0.5)


def test_sentences_without_an_actor_are_listed(classifier: Classifier) -> None:
    [analysis] = classifier.analyze([Article("a", TEXT)])
    assert analysis.sentences[-1].judgements == []


def test_targets_and_actors_restrict_what_is_judged(classifier: Classifier) -> None:
    [analysis] = classifier.analyze([Article("a", TEXT)], targets=["ceasefire"], actors=["gna"])
    assert [actor.actor for actor in analysis.actors] == ["gna"]
    assert list(analysis.actors[0].stance) == ["ceasefire"]


def test_a_title_is_judged_by_itself_and_counts(classifier: Classifier) -> None:
    title = " حفتر: لا هدنة"
    article = Article("a", "غادر ماكرون.", title, "2019-05-22")
    [analysis] = classifier.analyze([article])
    assert analysis.date == "2019-05-22"
    [judgement] = analysis.title.judgements
    [mention] = judgement.mentions
    assert (title[mention.start : mention.end], mention.text) == ("حفتر", "حفتر")
    assert [sentence.text for sentence in analysis.sentences] == [article.text]
    assert {actor.actor for actor in analysis.actors} == {"haftar", "macron"}


def test_what_an_article_lacks_stands_not_in_its_analysis(classifier: Classifier) -> None:
    [bare, blank] = classifier.analyze([Article("a", TEXT), Article("b", TEXT, title=" ")])
    assert not {"title", "date"} & (bare.model_dump().keys() | blank.model_dump().keys())


def test_a_title_that_cannot_be_read_is_refused(classifier: Classifier) -> None:
    for title, told in (("حفتر\ud800", "surrogates"), ("ح" * 1_001, "at most 1,000")):
        with pytest.raises(InputError, match=told):
            classifier.analyze([Article("a", TEXT, title)])


def test_who_asks_for_confidence_is_told_what_has_it(classifier: Classifier) -> None:
    [anything] = classifier.analyze([Article("a", TEXT)])
    [unsure] = classifier.analyze([Article("a", TEXT)], min_confidence=1.0)
    assert all(p.uncertain for j in unsure.judgements for p in j.predictions.values())
    assert sum(anything.actors[0].sentiment.values()) > 0
    assert sum(unsure.actors[0].sentiment.values()) == 0


@pytest.mark.parametrize("share", [-0.1, 80, float("nan")])
def test_a_confidence_that_is_no_share_is_refused(classifier: Classifier, share: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        classifier.analyze([Article("a", TEXT)], min_confidence=share)


@pytest.mark.parametrize("date", ["", "yesterday", "2019-13-01", "2019-04-04\x1b[2J", "\ud800"])
def test_what_is_no_date_is_refused(classifier: Classifier, date: str) -> None:
    with pytest.raises(InputError, match="A date is written"):
        classifier.analyze([Article("a", TEXT, date=date)])


@pytest.mark.parametrize("options", [{"targets": ["peace"]}, {"actors": ["nobody"]}])
def test_unknown_targets_and_actors_are_refused(
    classifier: Classifier, options: dict[str, list[str]]
) -> None:
    with pytest.raises(InputError, match="Unknown"):
        classifier.analyze([], **options)


def test_classify_takes_any_actor_at_the_callers_spans(classifier: Classifier) -> None:
    sentence = MarkedSentence(
        "رفض زيد الهدنة وقبلها عمرو",
        [
            MarkedActor("زيد", [Span(4, 7)]),
            MarkedActor("عمرو", [Span(22, 26)]),
        ],
    )
    [[zayd, amr]] = classifier.classify([sentence])
    assert (zayd.actor, zayd.mentions[0].text) == ("زيد", "زيد")
    assert (amr.name, amr.mentions[0].text) == ("عمرو", "عمرو")


def test_analysing_is_the_same_alone_and_in_company(classifier: Classifier) -> None:
    alone = classifier.analyze([Article("a", TEXT)])
    company = classifier.analyze([Article("b", "غادر ماكرون باريس."), Article("a", TEXT)])
    for one, other in zip(alone[0].sentences, company[1].sentences, strict=True):
        for a, b in zip(one.judgements, other.judgements, strict=True):
            assert a.stance["ceasefire"].confidence == pytest.approx(
                b.stance["ceasefire"].confidence, abs=2e-4
            )


NEWS = [
    "خليفة حفتر",
    "المشير",
    "قوات",
    "حفتر",
    "الأمم المتحدة",
    "باريس",
    ".",
    "،",
    "و",
    "ل",
    "ـ",
    "ّ",
    " ",
    "\u202b",
    "\n",
]
NEWS_AND_NOISE = st.lists(st.one_of(st.sampled_from(NEWS), st.text(max_size=4)), max_size=30)


@pytest.mark.fuzz
@given(NEWS_AND_NOISE.map("".join))
def test_whatever_the_text_offsets_of_an_analysis_point_into_it(
    classifier: Classifier, text: str
) -> None:
    try:
        [analysis] = classifier.analyze([Article("a", text)])
    except InputError:
        return
    for sentence in analysis.sentences:
        assert text[sentence.start : sentence.end] == sentence.text
        mentions = [m for judgement in sentence.judgements for m in judgement.mentions]
        for mention in mentions:
            assert sentence.start <= mention.start < mention.end <= sentence.end
            assert text[mention.start : mention.end] == mention.text
        ordered = sorted(mentions, key=lambda mention: mention.start)
        assert all(one.end <= other.start for one, other in pairwise(ordered))

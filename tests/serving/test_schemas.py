import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from serving.schemas import MAX_MENTIONS, AnalyzeBody, ClassifyBody, FeedbackBody, one_sentence

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار."


def refusal(form: type, body: object) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(form).validate_json(json.dumps(body))
    return one_sentence(refused.value)


def test_one_article_is_a_list_of_one() -> None:
    article = {"id": "a", "text": TEXT}
    one, listed = (
        AnalyzeBody.model_validate_json(json.dumps({"articles": articles}))
        for articles in (article, [article])
    )
    assert one == listed
    assert [each.id for each in one.articles] == ["a"]


@pytest.mark.parametrize(
    ("articles", "told"),
    [
        ({"id": "a"}, "articles[0].text: Field required."),
        ([{"text": TEXT}, {"text": 7}], "articles[1].text: Input should be a valid string."),
        ("رفض", "articles: Input should be a valid array."),
        ({"text": TEXT, "date": "أمس"}, "articles[0].date: A date is written 2019-04-04"),
    ],
)
def test_what_is_wrong_with_articles_is_told_by_its_place(articles: object, told: str) -> None:
    assert refusal(AnalyzeBody, {"articles": articles}).startswith(told)


def test_the_form_of_one_article_is_described_as_well() -> None:
    described = AnalyzeBody.model_json_schema()["properties"]["articles"]["anyOf"]
    assert [each.get("type", "an article") for each in described] == ["array", "an article"]


@pytest.mark.parametrize("form", [ClassifyBody, FeedbackBody])
def test_an_actor_has_so_many_mentions_at_most(form: type) -> None:
    def body(mentions: int) -> dict[str, Any]:
        spans = [{"start": place, "end": place + 1} for place in range(mentions)]
        marked = {"actor": "زيد", "mentions": spans}
        if form is ClassifyBody:
            return {"sentences": [{"text": TEXT, "actors": [marked]}]}
        return {"text": TEXT, **marked, "labels": {"ceasefire": "against"}}

    TypeAdapter(form).validate_json(json.dumps(body(MAX_MENTIONS)))
    assert f"at most {MAX_MENTIONS} items" in refusal(form, body(MAX_MENTIONS + 1))


def test_mentions_of_one_actor_do_not_overlap() -> None:
    def body(*spans: tuple[int, int]) -> dict[str, Any]:
        mentions = [{"start": start, "end": end} for start, end in spans]
        return {"sentences": [{"text": TEXT, "actors": [{"actor": "زيد", "mentions": mentions}]}]}

    TypeAdapter(ClassifyBody).validate_json(json.dumps(body((4, 7), (0, 4))))
    told = "sentences[0].actors[0].mentions: Mentions of one actor overlap."
    assert refusal(ClassifyBody, body((4, 7), (0, 3), (6, 9))) == told


def test_a_body_of_faults_costs_little_more_than_its_parsing() -> None:
    """A million faults as Python objects are half a gigabyte."""
    wrong = refusal(AnalyzeBody, {"articles": [1] * 1_000_000})
    assert wrong.startswith("articles[0]: Input should be")
    unknown = refusal(AnalyzeBody, {"articles": [], **{f"k{n}": 1 for n in range(2_000)}})
    assert unknown == "The body has 2,000 faults, unknown keys or values of a wrong type."

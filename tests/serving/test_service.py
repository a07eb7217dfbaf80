"""The built service, started as a process and called over HTTP."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import bentoml
import httpx
import pytest

from models.classifier import Article, Classifier, MarkedActor, MarkedSentence
from models.registry import load_registry
from models.results import Analysis
from models.text import Span
from training.arguments import TrainArguments
from training.finetune import finetune

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

HUDNA = Path(sys.executable).parent / "hudna"
TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."

EVERYONE = ". ".join(f"وصل {actor.name}" for actor in load_registry().actors.values())


def marked(start: int, end: int, actors: int = 1) -> dict[str, object]:
    mention = {"start": start, "end": end}
    return {"text": "رفض زيد الهدنة", "actors": [{"actor": "زيد", "mentions": [mention]}] * actors}


def post(address: str, route: str, body: object) -> httpx.Response:
    return httpx.post(f"{address}/v1/{route}", json=body, timeout=60)


def test_analyze_answers_the_contract_with_the_callers_ids(address: str) -> None:
    answer = post(address, "analyze", {"articles": [{"id": "x1", "text": TEXT}, {"text": TEXT}]})
    assert answer.status_code == 200
    found = [Analysis.model_validate(each) for each in answer.json()]
    assert [analysis.id for analysis in found] == ["x1", "1"]
    for sentence in found[0].sentences:
        for judgement in sentence.judgements:
            for mention in judgement.mentions:
                assert TEXT[mention.start : mention.end] == mention.text


def test_one_article_goes_without_a_list(address: str) -> None:
    article = {"id": "x1", "text": TEXT}
    one, listed = (post(address, "analyze", {"articles": sent}).json() for sent in (article, [article]))
    assert [analysis["id"] for analysis in one] == ["x1"]
    assert one == listed


def test_a_title_is_judged_and_a_date_comes_back(address: str) -> None:
    article = {"title": "حفتر يرفض الهدنة", "text": TEXT, "date": "2019-05-22T10:00:00Z"}
    body = {"articles": [article], "min_confidence": 1}
    [analysis] = [Analysis.model_validate(each) for each in post(address, "analyze", body).json()]
    assert analysis.title.judgements[0].actor == "haftar"
    assert analysis.date == article["date"]
    assert all(p.uncertain for j in analysis.judgements for p in j.predictions.values())


@pytest.mark.parametrize("article", [{"title": "ح" * 1_001}, {"date": "yesterday"}, {"title": 7}])
def test_a_title_or_date_that_cannot_be_used_is_refused(
    address: str, article: dict[str, object]
) -> None:
    answer = post(address, "analyze", {"articles": [{"text": TEXT, **article}]})
    assert answer.status_code in (400, 413)
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("min_confidence=2", "min_confidence"),
        ("target=peace", "Unknown target 'peace'"),
        ("actor=nobody", "Unknown actor 'nobody'"),
    ],
)
def test_a_stream_that_is_asked_what_it_cannot_do_is_refused_as_any_call(
    address: str, query: str, told: str
) -> None:
    answer = httpx.post(f"{address}/v1/stream?{query}", content=b"")
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert told in answer.json()["error"]


def test_who_asks_why_is_told(address: str) -> None:
    body = {"articles": [{"text": TEXT}], "explain": True}
    [analysis] = post(address, "analyze", body).json()
    told = analysis["sentences"][0]["judgements"][0]["explanation"]
    assert set(told) == {"ceasefire", "offensive", "sentiment"}
    for word in (word for found in told.values() for word in found):
        assert TEXT[word["start"] : word["end"]] == word["text"]


def test_bentomls_own_client_works(address: str) -> None:
    with bentoml.SyncHTTPClient(address) as client:
        [analysis] = client.analyze(articles=[{"id": "x", "text": TEXT}], targets=["ceasefire"])
    first = analysis["sentences"][0]["judgements"][0]
    assert list(first["stance"]) == ["ceasefire"]


def test_classify_takes_several_sentences_with_spans_of_any_actor(address: str) -> None:
    sentence = marked(4, 7)
    answer = post(address, "classify", {"sentences": [sentence, {**sentence, "id": "b"}]})
    assert answer.status_code == 200
    assert [each["id"] for each in answer.json()] == ["0", "b"]
    assert answer.json()[0]["judgements"][0]["mentions"] == [{"start": 4, "end": 7, "text": "زيد"}]


def test_the_model_says_what_it_is(address: str) -> None:
    card = httpx.get(f"{address}/v1/model").json()
    assert card["targets"] == ["ceasefire", "offensive"]
    assert len(card["digest"]) == 64
    assert card["metrics"]["Real news"]["judgements"] > 0
    assert "not AraBERT" in card["card"]


def test_actors_and_targets_are_listed(address: str) -> None:
    actors = httpx.get(f"{address}/v1/actors").json()
    assert {"actor": "haftar", "name": "خليفة حفتر", "kind": "person"} in actors
    targets = httpx.get(f"{address}/v1/targets").json()
    assert [each["target"] for each in targets] == ["ceasefire", "offensive"]


def test_a_stream_is_answered_line_by_line(address: str) -> None:
    body = [{"id": "a", "text": TEXT}, {"text": "no arabic"}, {"id": "c", "text": TEXT}]
    content = "\n".join(map(json.dumps, body))
    answer = httpx.post(f"{address}/v1/stream?target=ceasefire", content=content, timeout=60)
    found = {each["line"]: each for each in map(json.loads, answer.text.splitlines())}
    assert [found[n]["analysis"]["id"] for n in (1, 3)] == ["a", "c"]
    assert "no Arabic" in found[2]["error"]
    assert list(found[1]["analysis"]["actors"][0]["stance"]) == ["ceasefire"]


def test_answers_are_plain_utf8(address: str) -> None:
    assert "حفتر" in post(address, "analyze", {"articles": [{"text": TEXT}]}).text


def test_the_actors_asked_for_are_judged_alone(address: str) -> None:
    body = {"articles": [{"text": TEXT}], "actors": ["gna"]}
    [analysis] = [Analysis.model_validate(each) for each in post(address, "analyze", body).json()]
    assert {judgement.actor for judgement in analysis.judgements} == {"gna"}


def test_an_address_in_a_text_is_never_called(address: str) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        body = {"articles": [{"id": url, "title": url, "text": f"{TEXT} {url}"}], "explain": True}
        assert post(address, "analyze", body).status_code == 200
        listening.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_correction_is_kept_and_exported(address: str, feedback_url: str) -> None:
    mention = {"start": 4, "end": 8}
    body = {"text": "رفض حفتر هدنة المساء", "actor": "haftar", "mentions": [mention]}
    answer = post(address, "feedback", {**body, "labels": {"ceasefire": "conditional"}})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["id"]) == 32
    told = subprocess.run(
        [HUDNA, "feedback", "export", "--database", feedback_url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    [row] = [row for row in map(json.loads, told.stdout.splitlines()) if row["text"] == body["text"]]
    [actor] = row["actors"]
    assert (actor["actor"], actor["mentions"], actor["ceasefire"]) == ("haftar", ["حفتر"], "conditional")
    assert set(actor) == {"actor", "mentions", "ceasefire", "offensive", "sentiment"}
    wrong = post(address, "feedback", {**body, "labels": {"ceasefire": "maybe"}})
    assert wrong.status_code == 400
    assert "ceasefire: favor, against, conditional, none" in wrong.json()["error"]
    unkept = post(address, "feedback", {**body, "actor": "a\0", "labels": {"ceasefire": "none"}})
    assert (unkept.status_code, "NUL" in unkept.json()["error"]) == (400, True)


def test_every_metric_of_the_dashboard_is_told(address: str) -> None:
    post(address, "analyze", {"articles": [{"text": TEXT}]})
    told = httpx.get(f"{address}/metrics").text
    dashboard = Path("docs/deploy/grafana.json").read_text("utf-8")
    wanted = set(re.findall(r"(?:hudna|bentoml_service)_[a-z_]+", dashboard))
    assert len(wanted) >= 9
    assert {metric for metric in wanted if metric not in told} == set()


@pytest.mark.parametrize("endpoint", ["healthz", "livez", "readyz", "metrics"])
def test_the_platforms_endpoints_answer(address: str, endpoint: str) -> None:
    assert httpx.get(f"{address}/{endpoint}").status_code == 200


@pytest.mark.parametrize(
    ("route", "body", "status", "reason"),
    [
        ("analyze", {"articles": [{"text": TEXT}, {"text": " "}]}, 400, "articles[1]: The text is"),
        ("analyze", {"articles": [{"text": "no arabic"}]}, 400, "no Arabic"),
        ("analyze", {"articles": [{"text": "حفتر" * 600_000}]}, 413, "at most 2,000,000"),
        (
            "classify",
            {"sentences": [{"text": "< " * 6_000 + "حفتر", "actors": []}]},
            413,
            "sentences[0]: The sentence has 12,004 characters; at most 10,000",
        ),
        ("analyze", {"articles": [{"text": TEXT}], "targets": ["peace"]}, 400, "Unknown target"),
        ("analyze", {"articles": [{"id": "x"}]}, 400, "articles[0].text: Field required."),
        ("analyze", {}, 400, "articles: Field required."),
        ("analyze", {"articles": [{"text": TEXT, "url": "x"}]}, 400, "articles[0].url: Extra inputs"),
        ("analyze", {"articles": [{"text": TEXT}] * 257}, 413, "at most 256 are read"),
        ("analyze", {"articles": [{"text": "نص.\n" * 5_001}]}, 413, "over 5,000 sentences"),
        ("analyze", {"articles": [{"text": EVERYONE}]}, 413, "(HUDNA_MAX_ARTICLE_ACTORS)"),
        ("classify", {"sentences": [marked(4, 7, actors=65)]}, 413, "65 actors"),
        (
            "classify",
            {"sentences": [marked(4, 99)]},
            400,
            "outside the sentence",
        ),
    ],
)  # fmt: skip
def test_bad_requests_are_answered_with_a_json_error(
    address: str, route: str, body: object, status: int, reason: str
) -> None:
    answer = post(address, route, body)
    assert answer.status_code == status
    assert reason in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "route", "status", "allow"),
    [
        ("GET", "none", 404, None),
        ("POST", "analyze/", 404, None),
        ("GET", "analyze", 405, "POST"),
        ("DELETE", "stream", 405, "POST"),
        ("POST", "model", 405, "GET"),
    ],
)
def test_what_is_not_there_is_answered_with_a_json_error(
    address: str, method: str, route: str, status: int, allow: str | None
) -> None:
    answer = httpx.request(method, f"{address}/v1/{route}")
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert answer.headers.get("allow") == allow
    assert answer.headers["x-request-id"]


def test_lone_surrogates_and_broken_json_are_bad_requests(address: str) -> None:
    for body in ('{"articles": [{"text": "\\ud800 حفتر"}]}', '{"articles": ['):
        answer = httpx.post(
            f"{address}/v1/analyze", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
        assert "error" in answer.json()


def test_a_missing_checkpoint_keeps_the_service_from_starting(tmp_path: Path) -> None:
    from models.errors import CheckpointError
    from serving.service import HudnaService

    os.environ["HUDNA_CHECKPOINT"] = str(tmp_path)
    try:
        with pytest.raises(CheckpointError, match="missing"):
            HudnaService.inner()
    finally:
        del os.environ["HUDNA_CHECKPOINT"]


def test_the_service_is_not_there_before_it_has_judged_a_first_text(
    monkeypatch: pytest.MonkeyPatch, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """BentoML listens, and so answers `/readyz`, once this object is made."""
    from serving.service import HudnaService

    def judge(_: Classifier, articles: list[Article], explain: bool) -> None:
        raise RuntimeError(f"judging {articles[0].id}, {explain=}")

    monkeypatch.setenv("HUDNA_CHECKPOINT", str(tiny_checkpoint))
    monkeypatch.setattr(Classifier, "analyze", judge)
    with pytest.raises(RuntimeError, match="judging warming, explain=True"):
        HudnaService.inner()


@pytest.mark.slow
def test_a_correction_changes_what_the_next_checkpoint_says(
    address: str, feedback_url: str, small_corpus: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    """From the service to a retrained checkpoint, by the commands of docs/service.md."""
    text = "تمسك زيد بموقفه من الأمر"
    body = {"text": text, "actor": "zayd", "mentions": [{"start": 5, "end": 8}]}
    labels = {"ceasefire": "conditional", "offensive": "against", "sentiment": "positive"}
    assert post(address, "feedback", {**body, "labels": labels}).status_code == 200
    corpus = shutil.copytree(small_corpus, tmp_path / "corpus")
    told = subprocess.run(
        [HUDNA, "feedback", "export", "--database", feedback_url], capture_output=True, check=True
    ).stdout
    rows = [line for line in told.splitlines() if json.loads(line)["text"] == text]
    (corpus / "feedback.jsonl").write_bytes(b"\n".join(rows))
    subprocess.run([HUDNA, "corpus", "check", corpus], capture_output=True, check=True)
    (corpus / "feedback.jsonl").write_bytes(b"\n".join(rows * 40))  # enough for a network of no size
    options = {"epochs": 8, "swap_rate": 0.0, "noise_rate": 0.0, "select": False}
    run = TrainArguments(corpus, str(tiny_encoder), tmp_path / "out", name="corrected", **options)
    actor = MarkedActor("zayd", [Span(5, 8)])
    [[judgement]] = Classifier.load(finetune(run)).classify([MarkedSentence(text, [actor])])
    assert judgement.labels == labels

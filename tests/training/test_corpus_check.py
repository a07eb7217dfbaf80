import json
from collections import Counter
from pathlib import Path

import pytest

from models.errors import InputError
from models.labels import Stance
from training.balance import ACTORS, BALANCE, SEVERAL
from training.constructs import Construct
from training.corpus_check import check_corpus, faults
from training.corpus_measures import Composition, CorpusMeasures, measure
from training.dataset import judgements, labels_of, read_sentences
from training.splits import SHARES

LABELS = {"ceasefire": "none", "offensive": "none", "sentiment": "neutral"}
ACTOR = {"actor": "haftar", **LABELS}


def row(key: str, text: str, **more: object) -> dict[str, object]:
    actor = {"actor": "haftar", "mentions": ["حفتر"], **LABELS}
    told = {"id": key, "text": text, "register": "wire", "construct": "statement", "split": "train"}
    return {**told, "actors": [actor], **more}


def corpus(folder: Path, *rows: dict[str, object]) -> Path:
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


LONG = (
    "قال حفتر في بيان نشره مكتبه مساء الأحد إن قواته باقية في مواقعها جنوبي العاصمة طرابلس حتى إشعار آخر"
)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row("a", "غادر حفتر"), row("a", "وصل حفتر")], "used 2 times"),
        (
            [row("a", "غادر حفتر", actors=[{"actor": "haftar", "mentions": ["حفتر"]}])],
            "has no ceasefire, offensive, sentiment",
        ),
        (
            [row("a", "غادر حفتر", pair="p"), row("b", "وصل حفتر", pair="p", split="dev")],
            "pair p lies in two splits",
        ),
        (
            [row("a", "غادر حفتر", event="e"), row("b", "وصل حفتر", event="e", split="dev")],
            "event e lies in two splits",
        ),
        ([row("a", "غادر السراج")], "not in the text"),
        ([row("a", "التقى حفتر السراج")], "sarraj is found and not labelled"),
        ([row("a", "غادر حفترون", actors=[{**ACTOR, "mentions": ["حفترون"]}])], "does not find haftar"),
        ([row("a", "غادر حفتر", construct="negacion")], "unknown construct"),
    ],
)
def test_faults_are_refused_by_name(tmp_path: Path, rows: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_corpus(corpus(tmp_path, *rows))


def test_a_sentence_written_twice_with_small_changes_counts_as_near_duplicate(tmp_path: Path) -> None:
    rows = [row("a", LONG), row("b", LONG.replace("الأحد", "الاثنين")), row("c", "وصل حفتر إلى موسكو")]
    assert measure(read_sentences(corpus(tmp_path, *rows))).near_duplicates == pytest.approx(1 / 3)


def test_the_sides_of_a_contrast_pair_may_resemble_each_other(tmp_path: Path) -> None:
    rows = [row("a", LONG, pair="p"), row("b", LONG.replace("الأحد", "الاثنين"), pair="p")]
    assert measure(read_sentences(corpus(tmp_path, *rows))).near_duplicates == 0


def test_an_actor_that_predicts_its_label_is_measured(tmp_path: Path) -> None:
    rows = []
    for i in range(40):
        name, actor, label = (("حفتر", "haftar", "against"), ("السراج", "sarraj", "favor"))[i % 2]
        labels = {**LABELS, "ceasefire": label}
        rows.append(row(f"r{i}", f"{name} {i}", actors=[{"actor": actor, "mentions": [name], **labels}]))
    found = measure(read_sentences(corpus(tmp_path, *rows)))
    assert found.whole.actor_information["ceasefire"] == pytest.approx(1)
    assert found.whole.actor_information["sentiment"] == pytest.approx(0, abs=1e-6)
    assert found.whole.balance["ceasefire"]["favor"] == 0.5


def test_the_background_counts_in_the_whole_alone(tmp_path: Path) -> None:
    (tmp_path / "background").mkdir()
    corpus(tmp_path / "background", row("b", "وصل حفتر إلى القاهرة"))
    found = measure(read_sentences(corpus(tmp_path, row("a", "غادر حفتر"))))
    assert (found.balanced.sentences, found.whole.sentences) == (1, 2)


def test_sentences_without_an_event_are_not_tied(tmp_path: Path) -> None:
    rows = [row("a", "غادر حفتر", event="other"), row("b", "وصل حفتر", event="other", split="dev")]
    assert list(faults(read_sentences(corpus(tmp_path, *rows)))) == []


def test_ways_of_stating_a_condition_count_where_a_stance_is_conditional(tmp_path: Path) -> None:
    conditional = [{**ACTOR, "mentions": ["حفتر"], "ceasefire": "conditional"}]
    texts = ["قبل حفتر الهدنة شريطة انسحابهم", "يقبل حفتر وقف النار شريطة ضمانات"]
    plain = [row(f"r{i}", text) for i, text in enumerate(texts)]
    assert measure(read_sentences(corpus(tmp_path, *plain))).conditions == 0
    meant = [row(f"r{i}", text, actors=conditional) for i, text in enumerate(texts)]
    assert measure(read_sentences(corpus(tmp_path, *meant, row("z", "غادر حفتر")))).conditions == 1


@pytest.mark.slow
def test_the_corpus_keeps_its_promises(
    corpus_measures: CorpusMeasures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `hudna corpus check` says, and what the data card and its readers rely on."""
    monkeypatch.setattr("training.corpus_check.measure", lambda _: corpus_measures)
    check_corpus(Path("training/corpus"))
    found = corpus_measures
    for part in (found.balanced, found.whole):
        assert part.sentences >= 12_000
        assert part.judgements >= 27_000
        assert part.articles >= 500
        assert part.flipping_pairs >= 600
        assert part.actor_information["ceasefire"] < 0.06
        assert part.actor_information["sentiment"] < 0.06
        assert max(part.register_information.values()) < 0.03
    assert found.conditions >= 40
    assert found.constructs.keys() == set(Construct)
    assert found.near_duplicates < 0.01


@pytest.mark.slow
def test_the_balanced_part_is_split_as_promised(corpus_measures: CorpusMeasures) -> None:
    _check_shares(corpus_measures.balanced)


@pytest.mark.slow
def test_the_whole_corpus_is_split_as_promised(corpus_measures: CorpusMeasures) -> None:
    _check_shares(corpus_measures.whole)


def _check_shares(part: Composition) -> None:
    for split, share in SHARES.items():
        assert part.splits[split] / part.sentences == pytest.approx(share, abs=0.02)


@pytest.mark.slow
def test_the_balanced_part_is_balanced() -> None:
    sentences = [each for each in read_sentences(Path("training/corpus")) if not each.is_background]
    count = len(judgements(sentences))
    for (head, label), share in BALANCE.items():
        assert labels_of(sentences, head).count(label) / count == pytest.approx(share, abs=0.01)
    assert count / len(sentences) == pytest.approx(ACTORS, abs=0.1)
    several = sum(len(sentence.actors) >= 3 for sentence in sentences)
    assert several / len(sentences) == pytest.approx(SEVERAL, abs=0.02)


@pytest.mark.slow
def test_every_frequent_actor_is_shown_in_every_role_in_the_offensive() -> None:
    sentences = [each for each in read_sentences(Path("training/corpus")) if not each.is_background]
    roles = Counter((actor.actor, actor.labels["offensive"]) for _, actor in judgements(sentences))
    often = Counter(actor for actor, _ in roles.elements()).most_common(12)
    assert not [(actor, label) for actor, _ in often for label in Stance if not roles[actor, label]]

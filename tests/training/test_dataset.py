import json
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from models.encoding import Encoder
from models.errors import InputError
from training.augment import PieceHiding
from training.dataset import SentenceDataset, drawn, judgements, labels_of, read_sentences

LABELS = {"ceasefire": "none", "offensive": "favor", "sentiment": "neutral"}


def write(folder: Path, *rows: dict[str, object]) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return file


def row(text: str, *actors: tuple[str, str], **more: object) -> dict[str, object]:
    named = [{"actor": actor, "mentions": [mention], **LABELS} for actor, mention in actors]
    return {"id": "r1", "text": text, "actors": named, **more}


def test_the_longest_mention_claims_its_place_first(tmp_path: Path) -> None:
    text = "شنت قوات حفتر هجوما وقال حفتر إنه مستمر"
    [sentence] = read_sentences(write(tmp_path, row(text, ("haftar", "حفتر"), ("lna", "قوات حفتر"))))
    found = {a.actor: [text[slice(*s)] for s in a.spans] for a in sentence.actors}
    assert found == {"haftar": ["حفتر"], "lna": ["قوات حفتر"]}
    assert sentence.actors[0].spans[0].start == text.rindex("حفتر")


def test_every_occurrence_on_its_own_is_a_mention(tmp_path: Path) -> None:
    [sentence] = read_sentences(write(tmp_path, row("غادر حفتر ثم عاد وحفتر متعب", ("haftar", "حفتر"))))
    assert len(sentence.actors[0].spans) == 2


def test_a_mention_inside_another_actors_is_kept_where_it_stands_nowhere_else(
    tmp_path: Path,
) -> None:
    text = "قال أمين عام الأمم المتحدة"
    rows = write(tmp_path, row(text, ("guterres", "أمين عام الأمم المتحدة"), ("un", "الأمم المتحدة")))
    [sentence] = read_sentences(rows)
    assert [actor.actor for actor in sentence.actors] == ["guterres", "un"]


def test_splits_are_read_from_the_rows(tmp_path: Path) -> None:
    rows = write(tmp_path, row("رفض حفتر", ("haftar", "حفتر"), split="dev"))
    assert len(read_sentences(rows, "dev")) == 1
    assert read_sentences(rows, "train") == []


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": "x"}',
        json.dumps(row("غادر السراج", ("haftar", "حفتر"))),
        json.dumps(row("غادر السراج", ("haftar", ""))),
        json.dumps(row("غادر حفتر\ud800", ("haftar", "حفتر"))),
        json.dumps(row("غادر حفتر", ("haftar", "حفتر"))).replace('["', '"').replace('"]', '"'),
        json.dumps(row("غادر حفتر", ("haftar", "حفتر"))).replace("sentiment", "mood"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text(line, "utf-8")
    with pytest.raises(InputError, match=r"bad\.jsonl:1"):
        read_sentences(tmp_path / "bad.jsonl")


def test_missing_data_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no labelled data"):
        read_sentences(tmp_path / "nowhere.jsonl")


def test_the_corpus_never_lets_an_article_a_pair_or_an_event_cross_a_split() -> None:
    sentences = read_sentences(Path("training/corpus"))
    splits: dict[str, set[str]] = {}
    for sentence in sentences:
        for tie in sentence.ties:
            splits.setdefault(tie, set()).add(sentence.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {sentence.split for sentence in sentences} == {"train", "dev", "test"}
    assert len({sentence.id for sentence in sentences}) == len(sentences)


def test_the_corpus_has_legal_labels_only() -> None:
    sentences = read_sentences(Path("training/corpus"))
    stances = {"favor", "against", "conditional", "none"}
    assert set(labels_of(sentences, "ceasefire")) == stances
    assert set(labels_of(sentences, "offensive")) == stances
    assert set(labels_of(sentences, "sentiment")) == {"positive", "neutral", "negative"}
    assert len(judgements(sentences)) > 18_000


def test_the_fewer_drawn_with_a_seed_are_among_its_more() -> None:
    sentences = read_sentences(Path("training/corpus"), "dev")[:200]
    fewer, more = ({s.id for s in drawn(sentences, limit, 3)} for limit in (50, 120))
    assert (len(fewer), len(more)) == (50, 120)
    assert fewer < more
    assert drawn(sentences, 0, 3) == sentences


def test_batches_are_made_by_what_the_network_reads(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    encoder = Encoder(tokenizer.backend_tokenizer, 64)
    rows = read_sentences(
        write(
            tmp_path,
            row("رفض حفتر", ("haftar", "حفتر")),
            row("رفض حفتر والسراج", ("haftar", "حفتر"), ("sarraj", "السراج")),
        )
    )
    data = SentenceDataset(rows, encoder, {head: [label] for head, label in LABELS.items()})
    assert data.lengths == [len(example) for [(example, _)] in map(data.__getitem__, range(2))]


def test_pieces_are_hidden_anew_each_time_that_a_sentence_is_read(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    encoder = Encoder(tokenizer.backend_tokenizer, 64)
    rows = read_sentences(write(tmp_path, row("رفض حفتر وقف إطلاق النار في طرابلس", ("haftar", "حفتر"))))
    heads = {head: [label] for head, label in LABELS.items()}
    data = SentenceDataset(rows, encoder, heads, hide=PieceHiding(0.5, encoder.marker))
    assert len({example.pieces for _ in range(20) for example, _ in data[0]}) > 5

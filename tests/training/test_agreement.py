import json
from pathlib import Path

import pytest

from training.agreement import SECOND_READING, agreement, weak_batches
from training.dataset import judgements, read_sentences

NEUTRAL = {"ceasefire": "none", "offensive": "none", "sentiment": "neutral"}


def readings(folder: Path, pairs: list[tuple[str, str]]) -> Path:
    rows = [
        {"first": {**NEUTRAL, "ceasefire": a}, "second": {**NEUTRAL, "ceasefire": b}} for a, b in pairs
    ] + [{"first": {**NEUTRAL, "offensive": "favor", "sentiment": "positive"}} for _ in range(1)]
    rows[-1]["second"] = rows[-1]["first"]
    (folder / "r.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder / "r.jsonl"


def test_full_agreement_is_one_and_chance_is_nought(tmp_path: Path) -> None:
    same = [("favor", "favor"), ("none", "none")] * 10
    assert agreement(readings(tmp_path, same))["ceasefire"][1:] == (1.0, 1.0)
    crossed = [("favor", "favor"), ("favor", "none"), ("none", "favor"), ("none", "none")] * 50
    _, kappa, alpha = agreement(readings(tmp_path, crossed))["ceasefire"]
    assert kappa == pytest.approx(0, abs=0.02)
    assert alpha == pytest.approx(0, abs=0.02)


def test_a_batch_that_is_seen_differently_is_named(tmp_path: Path) -> None:
    rows = [
        {"id": f"{batch}-{number}", "first": NEUTRAL, "second": {**NEUTRAL, "sentiment": seen}}
        for batch, seen, size in (
            ("a", "neutral", 60),
            ("b", "negative", 60),
            ("c", "negative", 6),
        )
        for number in range(size)
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert weak_batches(tmp_path / "r.jsonl") == [("b", "sentiment", 60, 60, 0.0)]


def test_the_second_reading_is_of_the_corpus_and_holds_its_standard() -> None:
    known = {(s.id, a.actor) for s, a in judgements(read_sentences(Path("training/corpus")))}
    rows = [json.loads(line) for line in SECOND_READING.read_text("utf-8").splitlines()]
    assert {(row["id"], row["actor"]) for row in rows} <= known
    assert len(rows) >= 800
    found = agreement(SECOND_READING)
    for head, least in (("ceasefire", 0.88), ("offensive", 0.86), ("sentiment", 0.84)):
        assert found[head][1] >= least

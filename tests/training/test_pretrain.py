import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import BertModel

from models.errors import InputError
from training.arguments import PretrainArguments
from training.pretrain import pretrain
from training.pretraining_record import read_record


def held_out_losses(folder: Path) -> tuple[list[int], list[float]]:
    history = json.loads((folder / "pretraining.json").read_text("utf-8"))["history"]
    scored = [entry for entry in history if "eval_loss" in entry]
    return [entry["step"] for entry in scored], [entry["eval_loss"] for entry in scored]


@pytest.mark.slow
def test_pretraining_learns_resumes_and_gives_a_bert_folder(
    tmp_path: Path, corpus_texts: list[str]
) -> None:
    (tmp_path / "news.txt").write_text("\n".join(corpus_texts * 12), "utf-8")

    def arguments(steps: int, **more: Any) -> PretrainArguments:
        run = PretrainArguments(
            files=[tmp_path / "news.txt"], out=tmp_path / "run", vocabulary=1_500, layers=1, hidden=32,
            heads=2, sequence=32, rows=16, steps=steps, learning_rate=5e-3, save_every=20, compile=False,
        )  # fmt: skip
        return replace(run, **more)

    pretrain(arguments(20))
    folder = pretrain(arguments(60))
    steps, losses = held_out_losses(folder)
    assert steps == [20, 40, 60]
    assert losses[-1] < losses[0]
    more = {"encoder": folder, "out": tmp_path / "further", "shard": "100KB", "learning_rate": 1e-5}
    further = pretrain(arguments(20, **more))
    # It begins where the other ended; from fresh weights so small a rate would leave it at ln 1500.
    assert held_out_losses(further)[1][0] == pytest.approx(losses[-1], abs=0.2)
    before, after = (read_record(each) for each in (folder, further))
    assert after["pieces_seen"] == before["pieces_seen"] + 20 * 16 * 32
    assert after["earlier"] == before
    assert after["layers"] == 1
    assert after["lines"]["lines"] >= after["lines"]["prose"] == after["lines"]["about"] > 0
    assert after["pieces_per_second"] > 0
    assert 0 < after["matrix_share"] < 1
    assert all(len(pieces) == 5 for pieces in after["fill_mask"].values())
    assert max(part.stat().st_size for part in further.glob("*.safetensors")) < 250_000
    assert len(list(further.glob("*.safetensors"))) > 1
    model = BertModel.from_pretrained(folder)
    assert model.config.hidden_size == 32
    assert (folder / "tokenizer.json").exists()


@pytest.mark.slow
def test_a_pretrained_encoder_goes_on_by_finding_replaced_pieces(
    tmp_path: Path, corpus_texts: list[str]
) -> None:
    (tmp_path / "news.txt").write_text("\n".join(corpus_texts * 12), "utf-8")
    run = PretrainArguments(
        files=[tmp_path / "news.txt"], out=tmp_path / "masked", vocabulary=1_500, layers=1, hidden=32,
        heads=2, sequence=32, rows=16, steps=60, learning_rate=5e-3, save_every=20, compile=False,
    )  # fmt: skip
    masked = pretrain(run)
    replaced = replace(run, encoder=masked, generator=masked, out=tmp_path / "replaced")
    folder = pretrain(replaced)
    _, losses = held_out_losses(folder)
    assert losses[-1] < losses[0]
    assert "eval_replaced_f1" in read_record(folder)["history"][-2]
    assert read_record(folder)["pieces_seen"] == 2 * 60 * 16 * 32
    assert read_record(folder)["fill_mask"] == {}
    BertModel.from_pretrained(folder, add_pooling_layer=False)
    further = pretrain(
        replace(replaced, encoder=folder, out=tmp_path / "further", steps=20, learning_rate=1e-5)
    )
    # It begins where the other ended; a head that knows nothing would stand at ln 2.
    assert held_out_losses(further)[1][0] == pytest.approx(losses[-1], abs=0.05)
    assert losses[-1] < 0.6


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "no record"),
        ({"tokenizer": Path("there")}, "not both"),
        ({"about": "("}, "no regular expression"),
        ({"encoder": None, "tokenizer": None, "generator": Path("there")}, "give --encoder too"),
    ],
)
def test_an_encoder_of_unknown_origin_is_refused(
    tmp_path: Path, tiny_encoder: Path, corpus_texts: list[str], more: dict[str, Any], reason: str
) -> None:
    (tmp_path / "news.txt").write_text("\n".join(corpus_texts * 12), "utf-8")
    arguments = PretrainArguments([tmp_path / "news.txt"], tmp_path / "run", encoder=tiny_encoder)
    with pytest.raises(InputError, match=reason):
        pretrain(replace(arguments, sequence=32, **more))


def test_text_without_a_usable_line_is_refused(tmp_path: Path, tiny_encoder: Path) -> None:
    (tmp_path / "news.txt").write_text("Nothing here is Arabic prose at all.\n" * 30, "utf-8")
    with pytest.raises(InputError):
        pretrain(PretrainArguments([tmp_path / "news.txt"], tmp_path / "run", tokenizer=tiny_encoder))

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel, PreTrainedTokenizerFast

from training.arguments import PretrainArguments
from training.pretrain import WholeWordMasking, pretrain, read_lines


def test_menus_and_foreign_lines_are_left_out_and_xz_reads_as_plain(tmp_path: Path) -> None:
    text = (
        "أعلن المتحدث باسم الحكومة قبول الهدنة أمس\nالرئيسية | رياضة\n"
        "five words of plain English\n\nوعاد النازحون إلى بيوتهم بعد أيام"
    )
    (tmp_path / "a.txt").write_text(text, "utf-8")
    with lzma.open(tmp_path / "a.txt.xz", "wt", encoding="utf-8") as file:
        file.write(text)
    plain = list(read_lines([tmp_path / "a.txt"]))
    assert [line[:4] for line in plain] == ["أعلن", "", "وعاد"]
    assert list(read_lines([tmp_path / "a.txt.xz"])) == plain


def test_whole_words_are_masked_and_nothing_special(
    tokenizer: PreTrainedTokenizerFast, corpus_texts: list[str]
) -> None:
    torch.manual_seed(0)
    ids = tokenizer(" ".join(corpus_texts[:40]))["input_ids"][:256]
    rows = [np.array(ids[:128]), np.array(ids[128:256])]
    batch = WholeWordMasking(tokenizer, 0.25)(rows)
    positions = set(batch["positions"].tolist())
    assert len(positions) == 64
    pieces = tokenizer.convert_ids_to_tokens(ids)
    assert not {pieces[p] for p in positions} & {"[CLS]", "[SEP]", "[PAD]"}
    broken = [p for p in positions if pieces[p].startswith("##") and p - 1 not in positions]
    assert not broken
    assert batch["labels"].tolist() == [ids[p] for p in batch["positions"].tolist()]


@pytest.mark.slow
def test_pretraining_learns_resumes_and_gives_a_bert_folder(
    tmp_path: Path, corpus_texts: list[str]
) -> None:
    (tmp_path / "news.txt").write_text("\n".join(corpus_texts * 12), "utf-8")

    def arguments(steps: int) -> PretrainArguments:
        return PretrainArguments(
            files=[tmp_path / "news.txt"], out=tmp_path / "run", vocabulary=1_500, layers=1, hidden=32,
            heads=2, sequence=32, rows=16, steps=steps, learning_rate=5e-3, save_every=20, compile=False,
        )  # fmt: skip

    pretrain(arguments(20))
    folder = pretrain(arguments(60))
    told = json.loads((folder / "pretraining.json").read_text("utf-8"))
    losses = [entry["eval_loss"] for entry in told["history"] if "eval_loss" in entry]
    assert [e["step"] for e in told["history"] if "eval_loss" in e] == [20, 40, 60]
    assert losses[-1] < losses[0]
    model = BertModel.from_pretrained(folder)
    assert model.config.hidden_size == 32
    assert (folder / "tokenizer.json").exists()

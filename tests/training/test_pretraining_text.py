import lzma
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from training.pretraining_text import WholeWordMasking, read_lines


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


def test_only_lines_about_a_subject_are_read(tmp_path: Path) -> None:
    lines = ["أعلن المتحدث باسم الحكومة قبول الهدنة", "", "فاز الفريق الضيف بثلاثة أهداف نظيفة"]
    (tmp_path / "a.txt").write_text("\n".join(lines), "utf-8")
    assert list(read_lines([tmp_path / "a.txt"], "هدنة|هجوم")) == [
        "أعلن المتحدث باسم الحكومة قبول الهدنة",
        "",
    ]


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

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from models.errors import InputError
from training.tokenizer_report import measure_tokenizer, print_tokenizer_report


def test_fertility_counts_pieces_per_word_between_blanks(tokenizer: PreTrainedTokenizerFast) -> None:
    found = measure_tokenizer(tokenizer.backend_tokenizer, ["رفض حفتر الهدنة"])
    pieces = tokenizer.tokenize("رفض حفتر الهدنة")
    assert found.fertility == len(pieces) / 3


def test_the_kind_of_a_difference_to_arabert_is_named(tokenizer: PreTrainedTokenizerFast) -> None:
    found = measure_tokenizer(tokenizer.backend_tokenizer, ["رفض حفتر الهدنة", "[فيديو] حفتر يرفض"])
    assert (found.lines, found.same) == (2, 1)
    assert found.differences == {"link, mail, user or bracket": 1}


def test_names_of_many_pieces_are_told(tokenizer: PreTrainedTokenizerFast) -> None:
    found = measure_tokenizer(tokenizer.backend_tokenizer, ["رفض حفتر الهدنة"])
    assert all(len(pieces) > 2 for pieces in found.long_names.values())


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no tokenizer"):
        print_tokenizer_report(tmp_path, [tmp_path / "a.txt"], 10)

from pathlib import Path

import pytest
from arabert.preprocess import ArabertPreprocessor
from transformers import BertTokenizer, PreTrainedTokenizerFast

from training.tokenizer import adopt_vocabulary


def words(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    normalized = tokenizer.backend_tokenizer.normalizer.normalize_str(text)
    return [word for word, _ in tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(normalized)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قائدُ «الجيش الوطنيّ»", ["قائد", "«", "الجيش", "الوطني", "»"]),
        ("الجـــيش", ["الجيش"]),
        ("١٥٠ مدرعة و30دبابة", ["150", "مدرعة", "و", "30", "دبابة"]),
        ("6.5 مليون", ["6", ".", "5", "مليون"]),
        ("هههههه", ["هه"]),
        ("كتب @hudna على https://example.org/a?b=1", ["كتب", "[مستخدم]", "على", "[رابط]"]),
        ("راسل news@example.org", ["راسل", "[بريد]"]),
        ("<br />قال", ["قال"]),
    ],
)
def test_the_preparation_is_araberts(
    tokenizer: PreTrainedTokenizerFast, text: str, expected: list[str]
) -> None:
    assert words(tokenizer, text) == expected


def test_the_preparation_agrees_with_the_arabert_package(
    tokenizer: PreTrainedTokenizerFast, corpus_texts: list[str]
) -> None:
    arabert = ArabertPreprocessor("bert-base-arabertv02")
    same = [arabert.preprocess(text).split() == words(tokenizer, text) for text in corpus_texts]
    assert sum(same) / len(same) >= 0.995


def test_no_letter_is_folded(tokenizer: PreTrainedTokenizerFast) -> None:
    assert words(tokenizer, "أإآاىيةه") == ["أإآاىيةه"]


def test_every_piece_keeps_its_offset_into_the_original(tokenizer: PreTrainedTokenizerFast) -> None:
    text = "قال  السرّاجُ: «لا»"
    found = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    covered = "".join(text[start:end] for start, end in found["offset_mapping"])
    assert [c for c in covered if c.isalpha()] == [c for c in text if c.isalpha()]


def test_araberts_own_vocabulary_is_adopted(tmp_path: Path) -> None:
    """A folder as AraBERT's: vocab.txt and a BertTokenizer without this preparation."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[رابط]", "رفض", "حفتر", "##ون", "،"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), "utf-8")
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    adopted = adopt_vocabulary(str(tmp_path))
    assert adopted.convert_ids_to_tokens(adopted("رَفَضَ حفترون،")["input_ids"]) == [
        "[CLS]", "رفض", "حفتر", "##ون", "،", "[SEP]",
    ]  # fmt: skip

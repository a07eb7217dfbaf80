from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.folding import fold


def test_variants_of_a_name_fold_to_one() -> None:
    assert fold("خليفه حفتر").text == fold("خليفة حفتر").text
    assert fold("رئيس مؤتمر").text == fold(normalize("NFD", "رئيس مؤتمر")).text
    assert fold("إيمانويل").text == fold("ايمانويل").text == fold("أيمانويل").text
    assert fold("السرّاج").text == fold("السـراج").text == "السراج"
    assert fold("قصر\n\n  الإليزيه").text == "قصر الاليزيه"


def test_a_span_points_back_into_the_original_with_its_diacritics() -> None:
    text = "قال السرّاجُ أمس"
    folded = fold(text)
    start = folded.text.index("السراج")
    assert text[slice(*folded.span(start, start + 6))] == "السرّاجُ"


def test_trailing_diacritics_at_the_end_belong_to_the_span() -> None:
    folded = fold("السرّاجُ")
    assert folded.span(0, len(folded.text)) == (0, 8)


@pytest.mark.fuzz
@given(st.text(alphabet="أبةىً ّـ\n ط", max_size=60))
def test_every_folded_sign_knows_where_it_came_from(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.origin)
    assert all(a < b for a, b in zip(folded.origin, folded.origin[1:], strict=False))

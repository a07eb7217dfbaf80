import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError, TooLargeError
from models.text import MAX_CHARACTERS, check_date, check_sentence, check_text, split_sentences


def sentences(text: str) -> list[str]:
    return [text[slice(*span)] for span in split_sentences(text)]


def test_a_full_stop_followed_by_a_stray_comma_ends_a_sentence() -> None:
    text = "رفض حفتر الهدنة., ورحب السراج بها., وصمتت موسكو."
    assert sentences(text) == ["رفض حفتر الهدنة.", "ورحب السراج بها.", "وصمتت موسكو."]


def test_lines_wrapped_at_a_width_stay_in_their_sentence() -> None:
    text = (
        "أعلن المتحدث باسم القيادة العامة مساء الأحد أن القوات ستلتزم\n"
        "بالهدنة التي دعت إليها موسكو، على أن تبقى في مواقعها الحالية\n"
        "جنوبي العاصمة، وأن ترد على كل خرق يقع في محاور القتال منذ\n"
        "فجر الاثنين.\n"
        " ولم تعلق حكومة الوفاق."
    )
    found = sentences(text)
    assert len(found) == 2
    assert found[0].startswith("أعلن")
    assert found[0].endswith("فجر الاثنين.")


def test_two_wrapped_lines_are_enough_to_see_it() -> None:
    text = (
        "أعلن المتحدث باسم القيادة العامة مساء الأحد أن القوات ستلتزم\n"
        "بالهدنة التي دعت إليها موسكو، على أن تبقى في مواقعها الحالية\n"
        "جنوبي العاصمة حتى إشعار آخر."
    )
    assert len(sentences(text)) == 1


def test_headlines_of_like_length_stay_apart() -> None:
    headlines = ["حفتر يرفض هدنة موسكو", "السراج في أنقرة مجددا", "ماكرون يستقبل سلامة"]
    assert sentences("\n".join(headlines)) == headlines
    assert sentences("\n".join([*headlines, "المصدر رويترز."])) == [*headlines, "المصدر رويترز."]


def test_a_title_and_a_subtitle_over_a_long_paragraph_stay_apart() -> None:
    body = "أعلنت البعثة الأممية دخول الهدنة حيز التنفيذ فجر الأحد بعد أسابيع من القتال " * 3
    text = f"هدنة هشة في طرابلس الليلة\nحفتر والسراج يتبادلان التهم\n{body.strip()}."
    assert len(sentences(text)) == 3


def test_a_long_run_of_spaces_takes_no_time() -> None:
    text = "رفض حفتر" + " " * 200_000 + "الهدنة"
    assert sentences(text) == ["رفض حفتر", "الهدنة"]


@pytest.mark.parametrize("mark", ["«", "“", "‘", "'", "(", "«ا «"])
def test_marks_without_a_twin_take_no_time(mark: str) -> None:
    begun = time.process_time()
    split_sentences(mark * 100_000 + "رفض حفتر الهدنة.")
    assert time.process_time() - begun < 5  # their square would be minutes


def test_a_paragraph_longer_than_a_window_is_cut_as_short_ones_are() -> None:
    said = ["قال السراج «لن نقبل الهدنة. لن ننسحب أبدا» مساء الأحد.", "ورد حفتر بقصف المطار ليلا."] * 60
    assert sentences(" ".join(said)) == said


def test_a_window_ends_inside_no_quotation() -> None:
    draw = Random(7)
    kinds = ["قال السراج «لن نقبل الهدنة. لن ننسحب أبدا» مساء الأحد.", "ورد حفتر بقصف المطار ليلا."]
    for _ in range(20):
        said = draw.choices(kinds, k=150)
        assert sentences(" ".join(said)) == said


def test_vowels_change_no_sentence() -> None:
    voweled = "قَالَ حَفْتَرٌ «لَنْ نَقْبَلَ الْهُدْنَةَ. لَنْ نَنْسَحِبَ أَبَدًا» مَسَاءَ الْأَحَدِ. " * 3
    assert len(sentences(voweled)) == 3


@pytest.mark.parametrize("gap", [" ", "\u00a0", "\t"])
def test_what_never_ends_is_cut_between_words(gap: str) -> None:
    words = f"رفض{gap}حفتر{gap}هدنة{gap}موسكو{gap}" * 400
    found = sentences(words)
    assert len(found) > 1
    assert " ".join(found).split() == words.split()


def test_what_ends_in_initials_for_ever_is_cut_too() -> None:
    found = split_sentences("د. " * 100_000)
    assert max(end - start for start, end in found) <= 3_000


@pytest.mark.parametrize("last", ["به", "له", "لا", "20 كم", "فلا", "بِهِ"])
def test_a_short_word_before_the_stop_is_no_initial(last: str) -> None:
    said = [f"رحب السراج {last}.", "وقال حفتر إنه سيرد."]
    assert sentences(" ".join(said)) == said


@pytest.mark.parametrize(
    "text",
    [
        "نقلت هيئة (بي. بي. سي) عن حفتر رفضه",
        "التقى د . صالح وفدا في القبة",
        "نصت النقطة (4) والنقطة (12) على وقف النار",
    ],
)
def test_initials_and_numbers_in_brackets_end_nothing(text: str) -> None:
    assert sentences(text) == [text]


def test_a_stop_behind_a_quotation_ends_a_sentence_even_where_marks_lack_a_twin() -> None:
    text = 'قال حفتر إن "كل السبل ممكنة". وأوضح أن "الهدنة مرفوضة. ثم غادر'
    assert sentences(text)[0] == 'قال حفتر إن "كل السبل ممكنة".'


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029"])
def test_every_sign_for_the_end_of_a_line_ends_a_title(end: str) -> None:
    titles = ["حفتر يرفض هدنة موسكو", "السراج في أنقرة مجددا", "ماكرون يستقبل سلامة"]
    assert sentences(end.join(titles)) == titles


def test_a_title_without_a_full_stop_is_a_sentence_of_its_own() -> None:
    text = "هدنة هشة في طرابلس\nأعلنت البعثة الأممية دخول الهدنة حيز التنفيذ. ولم تصمد ساعتين."
    assert sentences(text)[0] == "هدنة هشة في طرابلس"
    assert len(sentences(text)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "نزح أكثر من 70.000 شخص من بلد يسكنه 6.5 مليون نسمة",
        "وقال د. غسان سلامة إن الهدنة ممكنة",
        "التقى د. محمد ود. علي أمس",
        "نقلت أ.ف.ب عن المتحدث قوله",
        'أكد "أنه مستعد. ولم يزد',
    ],
)
def test_points_inside_numbers_and_titles_do_not_cut(text: str) -> None:
    assert len(sentences(text)) == (2 if "مستعد" in text else 1)


def test_a_missing_space_after_the_full_stop_and_two_points_still_cut() -> None:
    assert sentences("توقف القتال.وعاد النازحون.. ثم تجدد القصف.") == [
        "توقف القتال.",
        "وعاد النازحون..",
        "ثم تجدد القصف.",
    ]


def test_an_unbalanced_quotation_mark_hides_no_later_boundary() -> None:
    text = 'تحدث عن "حل قريب., ثم غادر. وعاد مساء., وقال "لا هدنة".'
    assert len(sentences(text)) == 4


def test_a_detached_conjunction_and_no_final_newline_change_nothing() -> None:
    assert sentences("و كان الرئيس قد غادر. و لم يعد") == ["و كان الرئيس قد غادر.", "و لم يعد"]


@pytest.mark.fuzz
@given(st.text(alphabet='ابتث .,،؟!\n"»«\t١6', max_size=120))
def test_sentences_are_in_order_do_not_overlap_and_lose_no_letter(text: str) -> None:
    spans = split_sentences(text)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))
    kept = "".join(text[slice(*span)] for span in spans)
    assert [c for c in kept if "ا" <= c <= "ي"] == [c for c in text if "ا" <= c <= "ي"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("Tripoli ceasefire", "no Arabic"),
        ("حفتر \ud800", "lone surrogates"),
    ],
)
def test_what_cannot_be_analysed_is_refused_in_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_text(text)


def test_ten_megabytes_are_refused_by_size() -> None:
    with pytest.raises(TooLargeError, match="at most 2,000,000"):
        check_text("حفتر " * (MAX_CHARACTERS // 4))
    with pytest.raises(TooLargeError, match="at most 10,000"):
        check_sentence("حفتر " * 2_001)


@pytest.mark.parametrize(
    "date", ["2019-04-04\x1b08:00", "2019-04-04\n08:00", "2019-04-04,08:00", "أمس", ""]
)
def test_between_a_day_and_a_time_stands_a_t_or_a_space(date: str) -> None:
    for right in ("2019-04-04", "2019-04-04T08:00:00Z", "2019-04-04 08:00"):
        check_date(right)
    with pytest.raises(InputError, match="A date is written"):
        check_date(date)

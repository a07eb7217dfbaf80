import pytest

from training.constructs import condition_wordings, distinct_conditions


@pytest.mark.parametrize(
    "text",
    [
        "قبل حفتر الهدنة شريطة انسحاب الميليشيات",
        "لن يوقف الجيش القتال ما لم تُحل الكتائب",
        "لا هدنة قبل انسحاب المهاجمين",
        "قبوله الهدنة رهن بضمانات دولية",
    ],
)
def test_wordings_of_a_condition_are_recognised(text: str) -> None:
    assert condition_wordings(text)


@pytest.mark.parametrize(
    "text",
    [
        "رحب السراج بوقف إطلاق النار في بيان نشر أمس",
        "وصلوا إلى المطار وقالوا إن اللواء عاد",
        "بثت إذاعة محلية نبأ الهدنة",
    ],
)
def test_words_that_only_contain_a_wording_are_none(text: str) -> None:
    assert condition_wordings(text) == set()


def test_a_wording_counts_where_it_marks_conditional_stances() -> None:
    conditional = [
        "قبل الهدنة شريطة انسحابهم",
        "يقبلها شريطة ضمانها",
        "قبلها عندما عاد",
        "قبلها عندما وصل",
    ]
    others = ["عاد عندما انتهى", "وصل عندما بدأ", "غادر عندما تأخر", "رحب بالهدنة"]
    assert distinct_conditions(conditional, others) == 1

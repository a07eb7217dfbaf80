import io

from rich.console import Console

from models.classifier import Article, Classifier
from serving.table import TablePrinter

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."


def printed(
    classifier: Classifier, visual: bool = False, width: int = 100, explain: bool = False
) -> str:
    console = Console(file=io.StringIO(), width=width)
    printer = TablePrinter(console, classifier.matcher.registry, visual)
    printer.article(classifier.analyze([Article("two-sides.txt", TEXT)], explain=explain)[0])
    printer.close()
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_every_sentence_actor_and_decision_is_shown(classifier: Classifier) -> None:
    shown = printed(classifier)
    for expected in (
        "1 article, 2 sentences, 2 judgements",
        "two-sides.txt",
        "tiny 1",
        "Khalifa Haftar",
        "ceasefire",
        "offensive",
        "%",
    ):
        assert expected in shown
    assert "رفض المشير خليفة حفتر وقف إطلاق النار." in shown


def test_arabic_never_stands_before_latin_on_a_line(classifier: Classifier) -> None:
    """So no terminal's reordering can move a column."""
    for line in printed(classifier, explain=True).splitlines():
        arabic = [i for i, sign in enumerate(line) if "ء" <= sign <= "ي"]
        latin = [i for i, sign in enumerate(line) if "a" <= sign.lower() <= "z"]
        if arabic and latin:
            assert max(latin) < min(arabic)


def test_visual_order_is_reversed_and_joined_for_terminals_without_bidi(
    classifier: Classifier,
) -> None:
    shown = printed(classifier, visual=True)
    assert "حفتر" not in shown
    assert "ﺮﺘﻔﺣ" in shown


def test_a_narrow_terminal_loses_no_word(classifier: Classifier) -> None:
    assert "إطلاق" in printed(classifier, width=40)


def test_an_explained_decision_names_its_words(classifier: Classifier) -> None:
    shown = printed(classifier, explain=True)
    told = [line for line in shown.splitlines() if "Khalifa Haftar, " in line]
    assert told
    for line in told:
        words = line.split(": ")[1].replace("،", "").split()
        assert set(words) <= set(TEXT.replace(".", "").split())

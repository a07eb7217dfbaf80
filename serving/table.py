"""An analysis as a table for the terminal, in which right-to-left text stays legible.

Arabic stands alone on its line or in the last column, so that no terminal moves the columns; for
terminals that do not order it themselves, `visual` orders and joins the letters here.
"""

from collections.abc import Iterator
from itertools import chain
from time import perf_counter

from arabic_reshaper import reshape
from bidi import get_display
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.registry import Registry
from models.results import Analysis, Judgement, Prediction, Sentence
from serving.wording import counted

__all__ = ["TablePrinter"]

_COLOURS = {
    "favor": "green",
    "positive": "green",
    "against": "red",
    "negative": "red",
    "conditional": "yellow",
}


_WORDS = 3  # of an explanation


class TablePrinter:
    """Prints analyses to a console; names actors in English from the registry."""

    def __init__(self, console: Console, registry: Registry, visual: bool = False) -> None:
        self._console, self._registry, self._visual = console, registry, visual
        self._started = perf_counter()
        self._articles = self._sentences = self._judged = 0

    def article(self, analysis: Analysis) -> None:
        """Title and sentences with their actors' judgements, then the article's summary by actor."""
        model = analysis.model
        told = " · ".join(filter(None, (f"{model.name} {model.version}", analysis.date)))
        self._console.rule(Text.assemble((analysis.id, "bold"), f"  ·  {told}"), align="left")
        if analysis.title:
            self._sentence("title", analysis.title)
        for number, sentence in enumerate(analysis.sentences, 1):
            self._sentence(str(number), sentence)
        self._judged += sum(1 for _ in analysis.judgements)
        self._articles += 1
        self._sentences += len(analysis.sentences)
        if analysis.actors:
            self._console.print(
                "[bold]Over the article[/bold]: sentences in favor, against, conditional"
            )
            self._console.print(Padding(self._summary(analysis), (0, 0, 1, 2)))

    def close(self) -> None:
        """Says how much was judged, and how fast since the printer was made."""
        seconds = perf_counter() - self._started
        judged = {"article": self._articles, "sentence": self._sentences, "judgement": self._judged}
        told = ", ".join(counted(many, noun) for noun, many in judged.items())
        rate = self._sentences / seconds
        self._console.print(f"[dim]{told} in {seconds:.1f} s: {rate:.0f} sentences per second[/dim]")

    def _sentence(self, place: str, sentence: Sentence) -> None:
        self._console.print(f"[dim]{place}[/dim]")
        self._console.print(self._arabic(" ".join(sentence.text.split())))
        if sentence.judgements:
            self._console.print(Padding(self._judgements(sentence.judgements), (0, 0, 1, 2)))
            for line in chain.from_iterable(map(self._moved_by, sentence.judgements)):
                self._console.print(Padding(line, (0, 0, 0, 2)))

    def _judgements(self, judgements: list[Judgement]) -> Table:
        table = _table("actor", *judgements[0].stance, "sentiment", "named as")
        for judgement in judgements:
            table.add_row(
                self._english(judgement.actor),
                *(_decision(prediction) for prediction in judgement.stance.values()),
                _decision(judgement.sentiment),
                Text("\n").join(
                    self._arabic(" ".join(mention.split()))
                    for mention in dict.fromkeys(m.text for m in judgement.mentions)
                ),
            )
        return table

    def _moved_by(self, judgement: Judgement) -> Iterator[Text]:
        """A line a decision other than none and neutral: the words that moved it, weightiest first."""
        decisions = {**judgement.stance, "sentiment": judgement.sentiment}
        for head, words in (judgement.explanation or {}).items():
            label = decisions[head].label
            if label in _COLOURS and words:
                told = f"{self._english(judgement.actor)}, {head} {label}: "
                shown = self._arabic("، ".join(word.text for word in words[:_WORDS]))
                yield Text(told, style="dim").append_text(shown)

    def _summary(self, analysis: Analysis) -> Table:
        targets = [f"{target} f/a/c" for target in analysis.actors[0].stance]
        table = _table("actor", *targets, "sentiment +/-", "name")
        for actor in analysis.actors:
            counts = [
                Text(
                    f"{count.overall} {count.favor}/{count.against}/{count.conditional}",
                    style=_COLOURS.get(count.overall, "dim"),
                )
                for count in actor.stance.values()
            ]
            mood = f"{actor.sentiment['positive']} / {actor.sentiment['negative']}"  # type: ignore[index]
            table.add_row(self._english(actor.actor), *counts, mood, self._arabic(actor.name))
        return table

    def _english(self, actor: str) -> str:
        known = self._registry.actors.get(actor)
        return known.english if known else actor

    def _arabic(self, text: str) -> Text:
        if not self._visual:
            return Text(text)
        shaped = Text(reshape(text)).wrap(self._console, self._console.width)
        return Text("\n").join(Text(get_display(line.plain)) for line in shaped)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    first, *decisions, last = columns
    table.add_column(first, max_width=22)
    for column in decisions:
        table.add_column(column, no_wrap=True)
    table.add_column(last)
    return table


def _decision(prediction: Prediction) -> Text:
    """The label with its confidence; a question mark where it is uncertain."""
    text = f"{prediction.label} {prediction.confidence:.0%}{'?' if prediction.uncertain else ''}"
    return Text(text, style=_COLOURS.get(prediction.label, "dim"))

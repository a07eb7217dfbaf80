"""What `hudna corpus check` refuses of a labelled corpus, and what it prints."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.actors import ActorMatcher
from models.errors import InputError
from models.labels import labels_by_head
from training.constructs import Construct
from training.contrast import FEW_WORDS
from training.corpus_measures import Composition, CorpusMeasures, measure
from training.dataset import FEEDBACK, LabelledSentence, judgements, read_sentences
from training.splits import SHARES

__all__ = ["check_corpus", "composition_rows", "faults"]

_HEADS = labels_by_head()


def check_corpus(folder: Path) -> None:
    """Prints what `measure` found.

    Raises:
        InputError: a row is malformed, or there are `faults`; the first ten are named.
    """
    sentences = read_sentences(folder)
    if not judgements(sentences):
        raise InputError(f"There is no judgement in {folder}.")
    if found := list(faults(sentences)):
        raise InputError(f"{len(found)} faults in {folder}: " + " ".join(found[:10]))
    _print(measure(sentences))


def faults(sentences: Sequence[LabelledSentence]) -> Iterator[str]:
    """What makes a corpus unfit to train on, a sentence each.

    An id used twice; an unknown split or construct; an article, contrast pair or event in two splits; an
    actor that the matcher finds and nobody labelled, or the other way round:
    training is to see what serving sees. A reader's correction is of one actor, perhaps of the caller's.
    """
    matcher, constructs = ActorMatcher(), set(Construct)
    for key, count in Counter(sentence.id for sentence in sentences).items():
        if count > 1:
            yield f"The id {key} is used {count} times."
    yield from _divided(sentences)
    for sentence in sentences:
        if sentence.split not in SHARES:
            yield f"{sentence.id}: unknown split {sentence.split!r}."
        if sentence.construct not in constructs:
            yield f"{sentence.id}: unknown construct {sentence.construct!r}."
        if sentence.register != FEEDBACK:
            yield from _unfit(sentence, set(matcher.find(sentence.text)))


def _divided(sentences: Sequence[LabelledSentence]) -> Iterator[str]:
    splits: dict[str, set[str]] = {}
    for sentence in sentences:
        for tie in sentence.ties:
            splits.setdefault(tie, set()).add(sentence.split)
    yield from (f"The {tie} lies in two splits." for tie, found in splits.items() if len(found) > 1)


def _unfit(sentence: LabelledSentence, found: set[str]) -> Iterator[str]:
    labelled = {actor.actor for actor in sentence.actors}
    yield from (f"{sentence.id}: the matcher does not find {actor}." for actor in labelled - found)
    yield from (f"{sentence.id}: {actor} is found and not labelled." for actor in found - labelled)


def _print(found: CorpusMeasures) -> None:
    console = Console()
    table = Table("", "balanced part", "with the background", box=None)
    for row in composition_rows(found.balanced, found.whole):
        table.add_row(*row)
    console.print(table)
    console.print(_actor_table(found))
    told = ", ".join(f"{construct} {count:,}" for construct, count in found.constructs.most_common())
    console.print(f"constructs: {told}")
    console.print(f"ways of stating a condition: {found.conditions}")
    console.print(f"near-duplicates, contrast pairs aside: {found.near_duplicates:.2%} of sentences")


def composition_rows(*parts: Composition) -> list[tuple[str, ...]]:
    """What each of the parts is made of: a row a property, its name first."""
    columns = [_composition_told(part) for part in parts]
    return [(name, *(column[name] for column in columns)) for name in columns[0]]


def _composition_told(part: Composition) -> dict[str, str]:
    splits = ", ".join(f"{split} {count:,}" for split, count in sorted(part.splits.items()))
    information = {"actor": part.actor_information, "register": part.register_information}
    return {
        "sentences": f"{part.sentences:,} ({splits})",
        "judgements (sentence, actor)": f"{part.judgements:,}",
        "whole articles": f"{part.articles:,}",
        "contrast pairs": f"{part.pairs:,}",
        f"of them, at most {FEW_WORDS} words apart, a label flipped": f"{part.flipping_pairs:,}",
        "actors a sentence": f"{part.actors:.2f}, three or more in {part.several:.0%}",
        **{head: _shares_told(shares) for head, shares in part.balance.items()},
        **{
            f"NMI of {key} and label": ", ".join(f"{head} {nmi:.3f}" for head, nmi in values.items())
            for key, values in information.items()
        },
    }


def _shares_told(shares: dict[str, float]) -> str:
    return ", ".join(f"{label} {share:.0%}" for label, share in shares.items())


def _actor_table(found: CorpusMeasures) -> Table:
    """The frequent actors by how often each label is theirs."""
    table = Table(
        "actor", *(f"{head} {' / '.join(labels)}" for head, labels in _HEADS.items()), box=None
    )
    for actor, counts in found.actors.items():
        cells = (" / ".join(f"{counts[h][label]}" for label in labels) for h, labels in _HEADS.items())
        table.add_row(actor, *cells)
    return table

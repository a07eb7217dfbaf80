"""The same sentence in other forms, made anew each time that it is read.

`ActorSwapper`: about other actors, so that no name carries a label. Names are exchanged for names of
the same kind and grammatical gender, each actor's consistently within the sentence; labels move with
the role (entity substitution, e.g. Yan et al. 2022, https://aclanthology.org/2022.emnlp-main.815).
`Epithets`: with a word of hate or of esteem behind a group's name, which changes a label with the text
(as contrast sets do; Gardner et al. 2020, https://aclanthology.org/2020.findings-emnlp.117).
`SpellingNoise`: spelled as careless copy spells it.
`PieceHiding`: with some of its pieces hidden, so that no single word decides.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import torch
import yaml

from models.encoding import Example
from models.labels import SENTIMENT
from models.registry import Registry
from models.text import Span
from training.dataset import LabelledActor, LabelledSentence
from training.names import Named

__all__ = ["ActorSwapper", "Epithets", "PieceHiding", "Pools", "SpellingNoise", "pools_by_agreement"]

_EPITHETS = Path(__file__).with_name("epithets.yaml")
_CLOSING = ("»", "”", '"')
_PLURALS_OF_MEN = ("ون", "ين")  # which no epithet agrees with

_FEMININE_PLURALS = ("قوات", "القوات", "كتائب", "الكتائب", "ميليشيات", "الميليشيات", "سلطات")
_HABITS = (  # of spelling; each keeps every offset
    (re.compile("[أإآ]"), "ا"),
    (re.compile("ى"), "ي"),
    (re.compile("ي(?![\u0621-\u0652])"), "ى"),  # at a word's end; a diacritic goes on with it
    (re.compile("ة"), "ه"),
)
_HABIT = 0.4  # how often a noisy sentence has each


Pools = Mapping[tuple[str, bool], list[tuple[str, str]]]  # by agreement: ids and their names


def pools_by_agreement(named: Iterable[Named]) -> Pools:
    """Names by what they can be exchanged with."""
    pools: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    for key, kind, name in named:
        pools.setdefault(_agreement(kind, name), []).append((key, name))
    return pools


class ActorSwapper:
    """Exchanges actors of sentences for others, reproducibly for a given generator.

    `rate` is the share of sentences, `share` that of the actors of such a sentence; `pools` are the
    names that they are given.
    """

    def __init__(self, registry: Registry, rate: float, pools: Pools, share: float = 0.5) -> None:
        self._registry, self._rate, self._pools, self._share = registry, rate, pools, share

    def __call__(self, sentence: LabelledSentence, draw: Random) -> LabelledSentence:
        """The sentence with some actors exchanged, or as it was (with probability 1 - rate)."""
        if draw.random() >= self._rate or _nested(sentence):
            return sentence
        present = {actor.actor for actor in sentence.actors}
        exchanged: dict[str, tuple[str, str]] = {}
        for actor in sentence.actors:
            choices = [c for c in self._choices(sentence.text, actor) if c[0] not in present]
            if choices and draw.random() < self._share:
                exchanged[actor.actor] = draw.choice(choices)
                present.add(exchanged[actor.actor][0])
        return _rewritten(sentence, exchanged)

    def _choices(self, text: str, actor: LabelledActor) -> list[tuple[str, str]]:
        """Other actors' names that can stand wherever this actor is named."""
        phrases = [text[slice(*span)] for span in actor.spans]
        known = self._registry.actors.get(actor.actor)
        fused = any(phrase.startswith("لل") for phrase in phrases)
        follows_lam = any(text[span.start - 1 : span.start] == "ل" for span in actor.spans)
        if known is None or fused:
            return []
        classes = {_agreement(known.kind, phrase) for phrase in phrases}
        pool = self._pools.get(classes.pop(), []) if len(classes) == 1 else []
        return [choice for choice in pool if not (follows_lam and choice[1].startswith("ال"))]


def _nested(sentence: LabelledSentence) -> bool:
    """Whether a mention stands inside another actor's (الأمم المتحدة in a title of its envoy)."""
    spans = sorted(span for actor in sentence.actors for span in actor.spans)
    return any(left.end > right.start for left, right in pairwise(spans))


def _agreement(kind: str, phrase: str) -> tuple[str, bool]:
    """What a phrase can be exchanged with: its kind, and whether verbs agree with it as feminine."""
    if kind in ("person", "state"):
        return kind, kind == "state" or phrase.split()[0].endswith(("ة", "ه"))
    first = phrase.split()[0]
    return "group", first.endswith(("ة", "ه")) or first in _FEMININE_PLURALS


def _rewritten(sentence: LabelledSentence, exchanged: Mapping[str, tuple[str, str]]) -> LabelledSentence:
    places = sorted((span, actor.actor) for actor in sentence.actors for span in actor.spans)
    text, spans, last = "", dict[str, list[Span]](), 0
    for span, actor in places:
        text += sentence.text[last : span.start]
        phrase = exchanged[actor][1] if actor in exchanged else sentence.text[slice(*span)]
        spans.setdefault(actor, []).append(Span(len(text), len(text) + len(phrase)))
        text, last = text + phrase, span.end
    actors = tuple(
        replace(
            actor,
            actor=exchanged.get(actor.actor, (actor.actor, ""))[0],
            spans=tuple(spans[actor.actor]),
        )
        for actor in sentence.actors
    )
    return replace(sentence, text=text + sentence.text[last:], actors=actors)


class Epithets:
    """Puts a loaded word, or one of esteem, behind a group that a sentence presents plainly.

    `rate` is the share of sentences, of those that name an armed group neutrally.
    """

    def __init__(self, registry: Registry, rate: float) -> None:
        self._registry, self._rate = registry, rate
        self._words: dict[str, dict[str, list[str]]] = yaml.safe_load(_EPITHETS.read_text("utf-8"))

    def __call__(self, sentence: LabelledSentence, draw: Random) -> LabelledSentence:
        """The sentence with an epithet and the sentiment that it makes, or as it was."""
        plain = [actor for actor in sentence.actors if self._is_plain_group(sentence.text, actor)]
        if not plain or _nested(sentence) or draw.random() >= self._rate:
            return sentence
        actor = draw.choice(plain)
        sentiment = draw.choice(("negative", "negative", "positive"))  # as news has them
        _, feminine = _agreement("group", sentence.text[slice(*actor.spans[0])])
        epithet = draw.choice(self._words[sentiment]["feminine" if feminine else "masculine"])
        return _with_epithet(sentence, actor, epithet, sentiment)

    def _is_plain_group(self, text: str, actor: LabelledActor) -> bool:
        known = self._registry.actors.get(actor.actor)
        first = text[slice(*actor.spans[0])].split()[0]
        return (
            known is not None
            and known.kind == "armed_group"
            and actor.labels.get(SENTIMENT) == "neutral"
            and not first.endswith(_PLURALS_OF_MEN)
        )


def _with_epithet(
    sentence: LabelledSentence, named: LabelledActor, epithet: str, sentiment: str
) -> LabelledSentence:
    """The epithet behind the first mention, its quotation mark included; spans behind it move on."""
    place = named.spans[0].end
    place += sentence.text[place : place + 1] in _CLOSING
    added = f" {epithet}"
    actors = (
        replace(
            actor,
            spans=tuple(_moved(span, place, len(added)) for span in actor.spans),
            labels=actor.labels | ({SENTIMENT: sentiment} if actor is named else {}),
        )
        for actor in sentence.actors
    )
    text = sentence.text[:place] + added + sentence.text[place:]
    return replace(sentence, text=text, actors=tuple(actors))


def _moved(span: Span, place: int, by: int) -> Span:
    return Span(span.start + by, span.end + by) if span.start >= place else span


class SpellingNoise:
    """Spells some sentences without hamza, or with other final ya and ta marbuta."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def __call__(self, sentence: LabelledSentence, draw: Random) -> LabelledSentence:
        """The sentence with some of these habits, or as it was (with probability 1 - rate)."""
        if draw.random() >= self._rate:
            return sentence
        text = sentence.text
        for letters, written in _HABITS:
            if draw.random() < _HABIT:
                text = letters.sub(written, text)
        return replace(sentence, text=text)


class PieceHiding:
    """Puts the [MASK] piece in the place of some pieces, as pretraining did (word dropout, e.g. Iyyer et
    al. 2015, https://aclanthology.org/P15-1162); names of actors are pieces like others.
    """

    def __init__(self, rate: float, mask: int) -> None:
        self._rate, self._mask = rate, mask

    def __call__(self, example: Example) -> Example:
        """The example with each piece but the first and the last hidden with probability `rate`."""
        hidden = (torch.rand(len(example.pieces)) < self._rate).tolist()
        hidden[0] = hidden[-1] = False
        pairs = zip(example.pieces, hidden, strict=True)
        return replace(example, pieces=tuple(self._mask if h else piece for piece, h in pairs))

"""What is measured of a labelled corpus: balance, leaks, coverage, near-duplicates."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH
from sklearn.metrics import normalized_mutual_info_score

from models.labels import labels_by_head
from training.constructs import distinct_conditions
from training.contrast import flipping_pairs
from training.dataset import LabelledActor, LabelledSentence, judgements, labels_of

__all__ = ["Composition", "CorpusMeasures", "measure"]

_FREQUENT_ACTORS = 12
_NEAR = 0.7  # Jaccard similarity of character 5-grams, estimated by MinHash (Broder 1997)
_HEADS = labels_by_head()


@dataclass(frozen=True)
class Composition:
    """What a set of sentences is made of; shares are of judgements, `several` of sentences."""

    sentences: int
    judgements: int
    articles: int
    pairs: int
    flipping_pairs: int  # of them, that differ by a few words (`training.contrast`)
    splits: dict[str, int]
    actors: float  # of a sentence, in the mean
    several: float  # with three actors or more
    balance: dict[str, dict[str, float]]
    actor_information: dict[str, float]  # NMI of the frequent actors with each head's labels
    register_information: dict[str, float]


@dataclass(frozen=True)
class CorpusMeasures:
    """The balanced part and the whole; what follows is of the whole, shares between 0 and 1."""

    balanced: Composition
    whole: Composition
    near_duplicates: float
    actors: dict[str, dict[str, Counter[str]]]  # of the frequent ones, by head, how often each label
    constructs: Counter[str]
    conditions: int  # ways of stating one


def measure(sentences: Sequence[LabelledSentence]) -> CorpusMeasures:
    """Measures the corpus; takes about half a minute for 12,000 sentences."""
    everybody = [actor for _, actor in judgements(sentences)]
    return CorpusMeasures(
        balanced=_composition([each for each in sentences if not each.is_background]),
        whole=_composition(sentences),
        near_duplicates=len(set(_near_duplicates(sentences))) / max(1, len(sentences)),
        actors={name: _label_counts(name, everybody) for name in _frequent(everybody)},
        constructs=Counter(sentence.construct for sentence in sentences),
        conditions=_conditions(sentences),
    )


def _composition(sentences: Sequence[LabelledSentence]) -> Composition:
    pairs = judgements(sentences)
    everybody = [actor for _, actor in pairs]
    frequent = _frequent(everybody)
    rows = [actor for actor in everybody if actor.actor in frequent]
    names, registers = [actor.actor for actor in rows], [sentence.register for sentence, _ in pairs]
    several = sum(len(sentence.actors) >= 3 for sentence in sentences)
    return Composition(
        sentences=len(sentences),
        judgements=len(pairs),
        articles=_ties(sentences, "article"),
        pairs=_ties(sentences, "pair"),
        flipping_pairs=len(flipping_pairs(sentences)),
        splits=Counter(sentence.split for sentence in sentences),
        actors=len(pairs) / max(1, len(sentences)),
        several=several / max(1, len(sentences)),
        balance={head: _shares(labels_of(sentences, head), labels) for head, labels in _HEADS.items()},
        actor_information={head: _information(names, rows, head) for head in _HEADS},
        register_information={head: _information(registers, everybody, head) for head in _HEADS},
    )


def _frequent(actors: Iterable[LabelledActor]) -> list[str]:
    return [name for name, _ in Counter(a.actor for a in actors).most_common(_FREQUENT_ACTORS)]


def _ties(sentences: Sequence[LabelledSentence], kind: str) -> int:
    return len({tie for sentence in sentences for tie in sentence.ties if tie.startswith(f"{kind} ")})


def _label_counts(name: str, rows: Sequence[LabelledActor]) -> dict[str, Counter[str]]:
    return {head: Counter(a.labels[head] for a in rows if a.actor == name) for head in _HEADS}


def _conditions(sentences: Sequence[LabelledSentence]) -> int:
    conditional: list[str] = []
    others: list[str] = []
    for sentence in sentences:
        shows_one = any("conditional" in actor.labels.values() for actor in sentence.actors)
        (conditional if shows_one else others).append(sentence.text)
    return distinct_conditions(conditional, others)


def _information(names: Sequence[str], actors: Sequence[LabelledActor], head: str) -> float:
    return float(normalized_mutual_info_score(names, [actor.labels[head] for actor in actors]))


def _shares(labels: Sequence[str], names: Iterable[str]) -> dict[str, float]:
    return {name: labels.count(name) / max(1, len(labels)) for name in names}


def _near_duplicates(sentences: Sequence[LabelledSentence]) -> Iterator[str]:
    """Ids of sentences that resemble an earlier one, the sides of a contrast pair aside."""
    # At its own threshold the index finds but half; the comparison below decides.
    index = MinHashLSH(threshold=_NEAR - 0.2, num_perm=128)
    hashes: dict[str, tuple[MinHash, set[str]]] = {}
    for sentence in sentences:
        mark = MinHash(num_perm=128)
        text = sentence.text
        mark.update_batch([text[i : i + 5].encode() for i in range(max(1, len(text) - 4))])
        pair = {tie for tie in sentence.ties if tie.startswith("pair ")}
        for other in index.query(mark):
            resembled, others = hashes[str(other)]
            if not pair & others and mark.jaccard(resembled) >= _NEAR:
                yield sentence.id
        index.insert(sentence.id, mark)
        hashes[sentence.id] = mark, pair

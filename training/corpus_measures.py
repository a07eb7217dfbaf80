"""What is measured of a labelled corpus: balance, leaks, coverage, near-duplicates."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH
from sklearn.metrics import normalized_mutual_info_score

from models.network import StanceConfig
from training.balance import balanced
from training.constructs import distinct_conditions
from training.dataset import LabelledActor, LabelledSentence, judgements, labels_of

__all__ = ["CorpusMeasures", "measure"]

_FREQUENT_ACTORS = 12
_NEAR = 0.7  # Jaccard similarity of character 5-grams, estimated by MinHash (Broder 1997)
_HEADS = StanceConfig().heads


@dataclass(frozen=True)
class Balanced:
    """The balanced part (`training.balance`): how large it is, and its labels' shares by head."""

    sentences: int
    judgements: int
    articles: int
    balance: dict[str, dict[str, float]]


@dataclass(frozen=True)
class CorpusMeasures:
    """Shares are of sentences or judgements, between 0 and 1."""

    sentences: int
    judgements: int
    articles: int
    pairs: int
    splits: dict[str, int]
    near_duplicates: float
    actor_information: dict[str, float]  # NMI of the frequent actors with each head's labels
    register_information: dict[str, float]
    balance: dict[str, dict[str, float]]
    balanced: Balanced
    actors: dict[str, dict[str, Counter[str]]]  # of the frequent ones, by head, how often each label
    constructs: Counter[str]
    conditions: int  # ways of stating one


def measure(sentences: Sequence[LabelledSentence]) -> CorpusMeasures:
    """Measures the corpus; takes about half a minute for 12,000 sentences."""
    pairs = judgements(sentences)
    named = Counter(actor.actor for _, actor in pairs)
    frequent = [name for name, _ in named.most_common(_FREQUENT_ACTORS)]
    rows = [actor for _, actor in pairs if actor.actor in frequent]
    names, registers = [actor.actor for actor in rows], [sentence.register for sentence, _ in pairs]
    everybody = [actor for _, actor in pairs]
    return CorpusMeasures(
        sentences=len(sentences),
        judgements=len(pairs),
        articles=_ties(sentences, "article"),
        pairs=_ties(sentences, "pair"),
        splits=Counter(sentence.split for sentence in sentences),
        near_duplicates=len(set(_near_duplicates(sentences))) / max(1, len(sentences)),
        actor_information={head: _information(names, rows, head) for head in _HEADS},
        register_information={head: _information(registers, everybody, head) for head in _HEADS},
        balance=_balance(sentences),
        balanced=_balanced(sentences),
        actors={name: _label_counts(name, rows) for name in frequent},
        constructs=Counter(sentence.construct for sentence in sentences),
        conditions=_conditions(sentences),
    )


def _balanced(sentences: Sequence[LabelledSentence]) -> Balanced:
    part = balanced(sentences)
    return Balanced(len(part), len(judgements(part)), _ties(part, "article"), _balance(part))


def _ties(sentences: Sequence[LabelledSentence], kind: str) -> int:
    return len({tie for sentence in sentences for tie in sentence.ties if tie.startswith(f"{kind} ")})


def _balance(sentences: Sequence[LabelledSentence]) -> dict[str, dict[str, float]]:
    return {head: _shares(labels_of(sentences, head), labels) for head, labels in _HEADS.items()}


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
    index = MinHashLSH(threshold=_NEAR, num_perm=128)
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

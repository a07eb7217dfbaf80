"""What `hudna corpus check` measures of the corpus, and what it refuses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasketch import MinHash, MinHashLSH
from rich.console import Console
from rich.table import Table
from sklearn.metrics import normalized_mutual_info_score

from models.actors import ActorMatcher
from models.errors import InputError
from models.network import StanceConfig
from training.dataset import LabelledSentence, judgements, labels_of, read_sentences

__all__ = ["CorpusMeasures", "check_corpus", "measure"]

_FREQUENT_ACTORS = 12
_NEAR = 0.7  # Jaccard similarity of character 5-grams, estimated by MinHash (Broder 1997)


@dataclass(frozen=True)
class CorpusMeasures:
    """Shares are of sentences or judgements, between 0 and 1."""

    sentences: int
    judgements: int
    articles_and_pairs: int
    near_duplicates: float
    found_by_matcher: float  # of the labelled actors that the registry has
    labelled_of_found: float  # of the actors that the matcher finds
    actor_information: dict[str, float]  # NMI of the frequent actors with each head's labels
    register_information: dict[str, float]
    balance: dict[str, dict[str, float]]


def check_corpus(folder: Path) -> None:
    """Prints what `measure` found.

    Raises:
        InputError: a row is malformed, a label is not legal, an id is used twice, or an article or
            a pair lies in two splits.
    """
    sentences = read_sentences(folder)
    if not judgements(sentences):
        raise InputError(f"There is no judgement in {folder}.")
    _refuse_faults(sentences)
    found = measure(sentences)
    console = Console()
    console.print(
        f"{found.sentences:,} sentences, {found.judgements:,} judgements, "
        f"{found.articles_and_pairs:,} articles and pairs"
    )
    table = Table("head", "labels", "NMI with actor", "NMI with register", box=None)
    for head, shares in found.balance.items():
        told = ", ".join(f"{label} {share:.0%}" for label, share in shares.items())
        information = (found.actor_information[head], found.register_information[head])
        table.add_row(head, told, *(f"{value:.3f}" for value in information))
    console.print(table)
    console.print(f"near-duplicates, contrast pairs aside: {found.near_duplicates:.2%} of sentences")
    console.print(f"labelled actors that the matcher finds: {found.found_by_matcher:.1%}")
    console.print(f"actors found that are labelled: {found.labelled_of_found:.1%}")


def _refuse_faults(sentences: Sequence[LabelledSentence]) -> None:
    heads = StanceConfig().heads
    for sentence, actor in judgements(sentences):
        for head, labels in heads.items():
            if actor.labels.get(head) not in labels:
                raise InputError(f"{sentence.id}: {actor.actor} has no legal label for {head}.")
    ids = Counter(sentence.id for sentence in sentences)
    twice = [key for key, count in ids.items() if count > 1]
    if twice:
        raise InputError(f"The id {twice[0]} is used {ids[twice[0]]} times.")
    splits: dict[str, set[str]] = {}
    for sentence in sentences:
        splits.setdefault(sentence.group, set()).add(sentence.split)
        if len(splits[sentence.group]) > 1:
            raise InputError(f"{sentence.group} lies in two splits.")


def measure(sentences: Sequence[LabelledSentence]) -> CorpusMeasures:
    """Measures the corpus; takes about half a minute for 12,000 sentences."""
    heads = StanceConfig().heads
    pairs = judgements(sentences)
    named = Counter(actor.actor for _, actor in pairs)
    frequent = {actor for actor, _ in named.most_common(_FREQUENT_ACTORS)}
    rows = [(s.register, a) for s, a in pairs if a.actor in frequent]
    labelled, found, both = _matched(sentences)
    return CorpusMeasures(
        sentences=len(sentences),
        judgements=len(pairs),
        articles_and_pairs=len({s.group for s in sentences if s.group != s.id}),
        near_duplicates=len(set(_near_duplicates(sentences))) / len(sentences),
        found_by_matcher=both / max(1, labelled),
        labelled_of_found=both / max(1, found),
        actor_information={
            head: normalized_mutual_info_score(
                [a.actor for _, a in rows], [a.labels[head] for _, a in rows]
            )
            for head in heads
        },
        register_information={
            head: normalized_mutual_info_score(
                [s.register for s, _ in pairs], [a.labels[head] for _, a in pairs]
            )
            for head in heads
        },
        balance={head: _shares(labels_of(sentences, head), names) for head, names in heads.items()},
    )


def _shares(labels: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    return {name: labels.count(name) / len(labels) for name in names}


def _matched(sentences: Sequence[LabelledSentence]) -> tuple[int, int, int]:
    """How many actors are labelled (and registered), are found by the matcher, and are both."""
    matcher = ActorMatcher()
    labelled = found = both = 0
    for sentence in sentences:
        here = {actor.actor for actor in sentence.actors} & set(matcher.registry.actors)
        there = set(matcher.find(sentence.text))
        labelled, found, both = labelled + len(here), found + len(there), both + len(here & there)
    return labelled, found, both


def _near_duplicates(sentences: Sequence[LabelledSentence]) -> Iterator[str]:
    """Ids of sentences that resemble an earlier one of another group."""
    index = MinHashLSH(threshold=_NEAR, num_perm=128)
    hashes: dict[str, tuple[MinHash, str]] = {}
    for sentence in sentences:
        mark = MinHash(num_perm=128)
        text = sentence.text
        mark.update_batch([text[i : i + 5].encode() for i in range(max(1, len(text) - 4))])
        for other in index.query(mark):
            resembled, group = hashes[str(other)]
            if group != sentence.group and mark.jaccard(resembled) >= _NEAR:
                yield sentence.id
        index.insert(sentence.id, mark)
        hashes[sentence.id] = mark, sentence.group

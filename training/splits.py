"""The corpus's splits: 80/10/10 by article, contrast pair and event, fixed in the files."""

import json
from collections import Counter
from pathlib import Path
from random import Random

from scipy.cluster.hierarchy import DisjointSet

from training.dataset import LabelledSentence, read_sentences, sentence_files

__all__ = ["SHARES", "assign_splits", "write_splits"]

SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}
_LARGEST_HELD_OUT = 0.02  # of the sentences; a larger group of ties is read in training
_SEED = 20190404


def assign_splits(sentences: list[LabelledSentence]) -> dict[str, str]:
    """A split for every sentence id; what is tied together, directly or through others, stays so.

    A group that has a split keeps it, and one with a row in train goes there, since models may have
    read it. Of the others the large ones go to train, and the rest, in a random but reproducible order,
    each to the split that is furthest from its share.
    """
    before = {sentence.id: sentence.split for sentence in sentences}
    groups = _groups(sentences)
    Random(_SEED).shuffle(groups)
    most = _LARGEST_HELD_OUT * len(sentences)
    filled: Counter[str] = Counter()
    splits: dict[str, str] = {}
    # Those that have a split first, so that the others fill what is wanting.
    for group in sorted(groups, key=lambda g: (not _had(g, before), -len(g))):
        had = _had(group, before)
        wanting = min(SHARES, key=lambda split: filled[split] / SHARES[split])
        if had:
            split = "train" if "train" in had else min(had)
        else:
            split = "train" if len(group) > most else wanting
        filled[split] += len(group)
        splits.update(dict.fromkeys(group, split))
    return splits


def _groups(sentences: list[LabelledSentence]) -> list[list[str]]:
    """The ids of the sentences, those with a common tie together."""
    joined = DisjointSet([sentence.id for sentence in sentences])
    first_with: dict[str, str] = {}
    for sentence in sentences:
        for tie in sentence.ties:
            joined.merge(sentence.id, first_with.setdefault(tie, sentence.id))
    return sorted(sorted(group) for group in joined.subsets())


def _had(group: list[str], before: dict[str, str]) -> set[str]:
    return {before[key] for key in group} - {""}


def write_splits(folder: Path) -> None:
    """Writes `assign_splits` into the rows of a corpus folder."""
    splits = assign_splits(read_sentences(folder))
    for file in sentence_files(folder):
        rows = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line.strip()]
        lines = [json.dumps({**row, "split": splits[row["id"]]}, ensure_ascii=False) for row in rows]
        unfinished = file.with_suffix(".part")
        unfinished.write_text("\n".join(lines) + "\n", "utf-8")
        unfinished.replace(file)

"""Which sentences of the corpus are its balanced part, which its background (`hudna corpus balance`).

News asks for many sentences in which nobody takes a stance; with all of them a corpus has fewer stances
than a balanced set. So they lie in a folder of their own, `background/`, and what lies above it is the
part whose labels and actors come nearest to `BALANCE`: all whole articles, and of the other sentences
those that a linear program picks (HiGHS, Huangfu & Hall 2018,
https://doi.org/10.1007/s12532-017-0130-5); the sides of a contrast pair come together. It has pairs
enough that flip a label, and the rare roles: each frequent actor with every label of the offensive.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, identity, vstack

from models.errors import InputError
from training.contrast import flipping_pairs
from training.dataset import BACKGROUND, LabelledSentence, labels_of, read_sentences, sentence_files
from training.splits import SHARES

__all__ = ["ACTORS", "BALANCE", "SEVERAL", "balanced", "write_balance"]

BALANCE = {  # of judgements; the rest shows no stance, or a neutral sentiment
    ("ceasefire", "favor"): 0.25,
    ("ceasefire", "against"): 0.14,
    ("ceasefire", "conditional"): 0.14,
    ("offensive", "favor"): 0.15,
    ("offensive", "against"): 0.15,
    ("offensive", "conditional"): 0.04,
    ("sentiment", "positive"): 0.18,
    ("sentiment", "negative"): 0.27,
}
ACTORS = 1.9  # of a sentence, in the mean
SEVERAL = 0.25  # of sentences, those with three actors or more

_PAIRS = 1 / 20  # flipping pairs, in relation to the sentences
_ROLES = 5  # judgements of each of the frequent actors for each label of the offensive, where there are
_FREQUENT = 15  # actors; more than are looked at, since those of a part are not quite those of the whole
_ANY = 1e-6  # of a unit

Unit = list[LabelledSentence]


def balanced(
    sentences: Sequence[LabelledSentence], least: int = 12_000, least_judgements: int = 27_000
) -> list[LabelledSentence]:
    """The balanced part, in the order given: at least so many sentences and judgements, or all.

    What is minimised is the sum, over the shares of `BALANCE` and of the splits, the mean of actors and
    the share of sentences with several, of how far each is from the one wished, in relation to that.
    """
    units = list(_units(sentences).values())
    sizes = np.array([len(unit) for unit in units])
    judged = np.array([sum(len(sentence.actors) for sentence in unit) for unit in units])
    if sizes.sum() <= least or judged.sum() <= least_judgements:
        return list(sentences)
    wished, over = zip(*_wishes(units, sizes, judged), strict=True)
    amounts = [(sizes, least), (judged, least_judgements), *_rarities(units, least)]
    enough = np.array([counts for counts, _ in amounts]), np.array([need for _, need in amounts])
    in_article = [unit[0].is_of_article for unit in units]
    taken = _taken(np.array(wished), np.array(over), *enough, in_article)
    chosen = {
        sentence.id for unit, is_taken in zip(units, taken, strict=True) if is_taken for sentence in unit
    }
    return [sentence for sentence in sentences if sentence.id in chosen]


def write_balance(folder: Path, least: int = 12_000, least_judgements: int = 27_000) -> None:
    """Moves rows between the files of a corpus and those of the same names in its background.

    Raises:
        InputError: as `read_sentences`, or an id is used twice.
    """
    sentences = sorted(read_sentences(folder), key=lambda sentence: sentence.id)
    chosen = {sentence.id for sentence in balanced(sentences, least, least_judgements)}
    rows: defaultdict[Path, dict[str, str]] = defaultdict(dict)
    seen: set[str] = set()
    for file in (before := sentence_files(folder)):
        for line in filter(str.strip, file.read_text("utf-8").split("\n")):
            key = json.loads(line)["id"]
            if key in seen:
                raise InputError(f"{key} is the id of two rows; `hudna corpus check` names all faults.")
            seen.add(key)
            rows[folder / ("" if key in chosen else BACKGROUND) / file.name][key] = line
    for file, lines in rows.items():
        file.parent.mkdir(exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.write_text("".join(f"{lines[key]}\n" for key in sorted(lines)), "utf-8")
    for file in rows:
        file.with_suffix(".part").replace(file)
    for file in set(before) - rows.keys():
        file.unlink()


def _units(sentences: Sequence[LabelledSentence]) -> dict[str, Unit]:
    """What is taken or left together: a contrast pair, or a sentence."""
    units: dict[str, Unit] = {}
    for sentence in sentences:
        pairs = sorted(tie for tie in sentence.ties if tie.startswith("pair "))
        units.setdefault(pairs[0] if pairs else sentence.id, []).append(sentence)
    return units


def _wishes(
    units: Sequence[Unit], sizes: NDArray[np.int64], judged: NDArray[np.int64]
) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """Each wish, and by how much each unit goes over its own part of it."""
    for (head, label), share in BALANCE.items():
        yield share, np.array([labels_of(unit, head).count(label) for unit in units]) - share * judged
    yield ACTORS, judged - ACTORS * sizes
    several = [sum(len(sentence.actors) >= 3 for sentence in unit) for unit in units]
    yield SEVERAL, np.array(several) - SEVERAL * sizes
    for split, share in SHARES.items():
        in_split = [sum(sentence.split == split for sentence in unit) for unit in units]
        yield share, np.array(in_split) - share * sizes


def _rarities(units: Sequence[Unit], least: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """By unit what the part may not lack, and how much of it is to be there: pairs, and rare roles."""
    flipping = flipping_pairs([sentence for unit in units for sentence in unit])
    pairs = np.array([len(flipping & unit[0].ties) for unit in units])
    yield pairs, min(round(_PAIRS * least), int(pairs.sum()))
    roles = [_roles(unit) for unit in units]
    everywhere = Counter(role for unit in roles for role in unit.elements())
    often = Counter(actor for actor, _ in everywhere.elements())
    for actor, _ in often.most_common(_FREQUENT):
        for label in sorted(label for name, label in everywhere if name == actor):
            counts = np.array([unit[actor, label] for unit in roles])
            yield counts, min(_ROLES, int(counts.sum()))


def _roles(unit: Unit) -> Counter[tuple[str, str]]:
    actors = (actor for sentence in unit for actor in sentence.actors)
    return Counter((actor.actor, actor.labels["offensive"]) for actor in actors)


def _taken(
    wished: NDArray[np.float64],
    over: NDArray[np.float64],
    amounts: NDArray[np.int64],
    least: NDArray[np.int64],
    forced: Sequence[bool],
) -> NDArray[np.bool_]:
    """Of every unit whether it is taken; `over` has a row a wish, `amounts` one for each of `least`."""
    wishes, units = over.shape
    slack = identity(wishes, format="csr")
    beyond = csr_array(over)
    enough = hstack([csr_array(-amounts), csr_array((len(least), wishes))])
    found = linprog(
        np.concatenate([np.zeros(units), 1 / wished]),
        A_ub=vstack([hstack([beyond, -slack]), hstack([-beyond, -slack]), enough]),
        b_ub=np.concatenate([np.zeros(2 * wishes), -least]),
        bounds=[(float(must), 1.0) for must in forced] + [(0.0, None)] * wishes,
        method="highs",
    )
    taken: NDArray[np.bool_] = found.x[:units] > _ANY  # all but a few are whole already
    return taken

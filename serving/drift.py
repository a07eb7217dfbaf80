"""Whether a window of judgements looks like a reference: labels and confidence by head (`hudna drift`).

Labels are compared by Jensen-Shannon distance (Lin 1991, base 2: 0 alike, 1 apart) and a chi-squared
test, confidence by the two-sample Kolmogorov-Smirnov test, all of scipy's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp

from models.errors import InputError
from models.results import Analysis, Prediction

__all__ = ["HeadDrift", "drift", "print_drift", "read_predictions"]

_FAR = 0.1  # of a Jensen-Shannon distance that is worth a look
_RARE = 0.01  # of a p-value

Predictions = Mapping[str, Sequence[Prediction]]  # by head


@dataclass(frozen=True)
class HeadDrift:
    """One head's shares of labels, and how far they and the confidences are from the reference's."""

    reference: dict[str, float]
    window: dict[str, float]
    distance: float
    labels_p: float
    confidence_p: float

    @property
    def is_notable(self) -> bool:
        """Whether the labels are both far from the reference and unlikely to be so by chance."""
        return self.distance >= _FAR and self.labels_p < _RARE


def read_predictions(file: Path) -> dict[str, list[Prediction]]:
    """Every decision in a file of analyses, an object a line (`hudna analyze --json`), by head.

    Raises:
        InputError: the file cannot be read, a line is no analysis, or there is no judgement.
    """
    found: dict[str, list[Prediction]] = {}
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                for head, prediction in _decisions(line, f"{file.name}:{number}"):
                    found.setdefault(head, []).append(prediction)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}") from error
    if not found:
        raise InputError(f"There is no judgement in {file}.")
    return found


def _decisions(line: str, place: str) -> Iterable[tuple[str, Prediction]]:
    try:
        analysis = Analysis.model_validate_json(line)
    except ValidationError:
        raise InputError(f"{place} is no analysis.") from None
    for judgement in analysis.judgements:
        yield from judgement.predictions.items()


def drift(reference: Predictions, window: Predictions) -> dict[str, HeadDrift]:
    """How each head that both have differs."""
    return {head: _drift(reference[head], window[head]) for head in reference if head in window}


def _drift(reference: Sequence[Prediction], window: Sequence[Prediction]) -> HeadDrift:
    labels = list(reference[0].probabilities)
    before, after = (_counts(found, labels) for found in (reference, window))
    seen = [(b, a) for b, a in zip(before, after, strict=True) if b + a]
    return HeadDrift(
        reference=_shares(labels, before),
        window=_shares(labels, after),
        distance=float(jensenshannon(before, after, base=2)),
        labels_p=float(chi2_contingency(list(zip(*seen, strict=True))).pvalue) if len(seen) > 1 else 1.0,
        confidence_p=float(
            ks_2samp([p.confidence for p in reference], [p.confidence for p in window]).pvalue
        ),
    )


def _counts(found: Sequence[Prediction], labels: Sequence[str]) -> list[int]:
    counts = Counter(prediction.label for prediction in found)
    return [counts[label] for label in labels]


def _shares(labels: Sequence[str], counts: Sequence[int]) -> dict[str, float]:
    return {label: count / sum(counts) for label, count in zip(labels, counts, strict=True)}


def print_drift(reference: Path, window: Path) -> bool:
    """Prints the comparison; gives whether anything is notable.

    Raises:
        InputError: as `read_predictions`.
    """
    table = Table(
        "head", "label", "reference", "window", "distance", "p (labels)", "p (confidence)", box=None
    )
    found = drift(read_predictions(reference), read_predictions(window))
    for head, told in found.items():
        tests = f"{told.distance:.3f}", f"{told.labels_p:.2g}", f"{told.confidence_p:.2g}"
        for row, (label, share) in enumerate(told.reference.items()):
            first = (head, *tests) if row == 0 else ("", "", "", "")
            table.add_row(first[0], label, f"{share:.1%}", f"{told.window[label]:.1%}", *first[1:])
    console = Console(width=110)
    console.print(table)
    notable = [head for head, told in found.items() if told.is_notable]
    console.print(f"drifted: {', '.join(notable)}" if notable else "no drift worth a look")
    return bool(notable)

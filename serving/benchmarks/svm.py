"""The floor of cost: TF-IDF and a linear SVM, a model a head, on the same pairs.

It learns from the test sentences themselves, since what is measured is its time and not its labels.
"""

from collections.abc import Mapping, Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

from serving.benchmarks.repeats import Run

__all__ = ["svm_run"]


def svm_run(pairs: Sequence[tuple[str, str]], labels: Sequence[Mapping[str, str]]) -> Run:
    """A run that judges the pairs; the actor's name is marked in its sentence."""
    texts = [text.replace(name, "فاعلفاعل") for text, name in pairs]
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    seen = features.fit_transform(texts)
    learnt = [LinearSVC().fit(seen, [each[head] for each in labels]) for head in labels[0]]

    def run() -> object:
        found = features.transform(texts)
        return [learner.predict(found) for learner in learnt]

    return run

"""What the network must beat: the majority label, and TF-IDF with a linear SVM."""

from collections.abc import Sequence

from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

from training.dataset import LabelledActor, LabelledSentence, judgements, labels_of

__all__ = ["BASELINES", "baseline_predictions", "marked_texts"]

_ACTOR, _OTHER = "فاعلفاعل", "سواهسواه"  # words that no text has, in place of names

BASELINES = ("majority", "tfidf_svm")


def marked_texts(sentences: Sequence[LabelledSentence]) -> list[str]:
    """One text per judgement: the judged actor's mentions and the others' replaced by two marks."""
    return [_marked(sentence, judged) for sentence, judged in judgements(sentences)]


def _marked(sentence: LabelledSentence, judged: LabelledActor) -> str:
    text, free = sentence.text, len(sentence.text)
    places = [(span, actor is judged) for actor in sentence.actors for span in actor.spans]
    for span, is_judged in sorted(places, reverse=True):
        if span.end <= free:  # a mention around one that is marked already stays as it is
            text = f"{text[: span.start]}{_ACTOR if is_judged else _OTHER}{text[span.end :]}"
            free = span.start
    return text


def baseline_predictions(
    train: Sequence[LabelledSentence], test: Sequence[LabelledSentence], heads: Sequence[str]
) -> dict[str, dict[str, list[str]]]:
    """For each of `BASELINES` and each head, its predictions on `test` after learning from `train`."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
    features = make_union(words, letters)
    seen, asked = features.fit_transform(marked_texts(train)), features.transform(marked_texts(test))
    learners = {
        "majority": DummyClassifier(strategy="most_frequent"),
        "tfidf_svm": LinearSVC(class_weight="balanced", C=0.5, random_state=0),
    }
    return {
        name: {
            head: clone(learners[name]).fit(seen, labels_of(train, head)).predict(asked).tolist()
            for head in heads
        }
        for name in BASELINES
    }

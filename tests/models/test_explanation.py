import numpy as np

from models.classifier import Article, Classifier, MarkedActor, MarkedSentence
from models.encoding import Query
from models.explanation import hidden_words, influences
from models.text import Span

TEXT = "رفض حفتر وقف إطلاق النار، ورحب به السراج."


def test_every_word_is_hidden_once(classifier: Classifier) -> None:
    encoder = classifier.checkpoint.encoder
    query = Query(TEXT, [[Span(4, 8)]])
    [example] = encoder.encode([query])
    hidden = hidden_words(query, example, encoder.marker)
    words = TEXT.replace("،", "").replace(".", "").split()
    assert [TEXT[slice(*word)] for word, _ in hidden] == words
    for word, without in hidden:
        masked = [p for p, piece in enumerate(without.pieces) if piece == encoder.marker]
        assert masked
        assert all(word.start <= example.offsets[p][0] < word.end for p in masked)


def test_a_word_keeps_its_diacritics(classifier: Classifier) -> None:
    encoder = classifier.checkpoint.encoder
    query = Query("علّق حفتر هجومًا", [[Span(5, 9)]])
    [example] = encoder.encode([query])
    hidden = hidden_words(query, example, encoder.marker)
    assert [query.text[slice(*word)] for word, _ in hidden] == ["علّق", "حفتر", "هجومًا"]


def test_the_weight_is_what_the_label_loses() -> None:
    shown = {"ceasefire": np.float32([0.1, 0.9])}
    without = [
        (Span(0, 3), {"ceasefire": np.float32([0.6, 0.4])}),
        (Span(4, 8), {"ceasefire": np.float32([0.9, 0.1])}),  # the actor's own name
        (Span(9, 12), {"ceasefire": np.float32([0.2, 0.8])}),
        (Span(13, 18), {"ceasefire": np.float32([0.05, 0.95])}),  # it spoke against the label
    ]
    found = influences(shown, without, TEXT, [Span(4, 8)])["ceasefire"]
    assert [(word.text, word.weight) for word in found] == [("رفض", 0.5), ("وقف", 0.1)]


def test_words_point_into_the_article(classifier: Classifier) -> None:
    text = "وصل الوفد أمس.\n" + TEXT
    [analysis] = classifier.analyze([Article("a", text)], explain=True)
    words = [
        word
        for sentence in analysis.sentences
        for judgement in sentence.judgements
        for found in (judgement.explanation or {}).values()
        for word in found
    ]
    assert words
    assert all(text[word.start : word.end] == word.text for word in words)


def test_a_window_without_a_word_explains_nothing(classifier: Classifier) -> None:
    text = "رفض " + "، " * 200
    sentence = MarkedSentence(text, [MarkedActor("x", [Span(300, 301)])])
    [found] = classifier.classify([sentence], explain=True)
    assert [judgement.explanation for judgement in found] == [None]


def test_only_who_asks_is_told(classifier: Classifier) -> None:
    sentence = MarkedSentence(TEXT, [MarkedActor("haftar", [Span(4, 8)])])
    [[plain]] = classifier.classify([sentence])
    [[told]] = classifier.classify([sentence], ["ceasefire"], explain=True)
    assert "explanation" not in plain.model_dump()
    assert set(told.model_dump()["explanation"]) == {"ceasefire", "sentiment"}

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from transformers import PreTrainedTokenizerFast

from models.actors import ActorMatcher
from models.classifier import Classifier
from models.encoding import Encoder
from models.text import Span
from training.augment import ActorSwapper, Epithets, PieceHiding, SpellingNoise, pools_by_agreement
from training.dataset import LabelledActor, LabelledSentence, read_sentences
from training.names import registry_names

TEXT = "أبلغ حفتر ماكرون أن تركيا تدعم قوات الوفاق، وكرر حفتر ذلك"


def sentence() -> LabelledSentence:
    def actor(name: str, *mentions: int, label: str) -> LabelledActor:
        word = {"haftar": "حفتر", "macron": "ماكرون", "turkey": "تركيا", "gna": "قوات الوفاق"}[name]
        spans = tuple(Span(start, start + len(word)) for start in mentions)
        return LabelledActor(name, spans, {"ceasefire": label})

    return LabelledSentence(
        "s",
        TEXT,
        (
            actor("haftar", TEXT.index("حفتر"), TEXT.rindex("حفتر"), label="against"),
            actor("macron", TEXT.index("ماكرون"), label="none"),
            actor("turkey", TEXT.index("تركيا"), label="favor"),
            actor("gna", TEXT.index("قوات الوفاق"), label="conditional"),
        ),
    )


@pytest.fixture
def swapped(matcher: ActorMatcher) -> list[LabelledSentence]:
    pools = pools_by_agreement(registry_names(matcher.registry))
    swap = ActorSwapper(matcher.registry, 1.0, pools)
    return [swap(sentence(), Random(seed)) for seed in range(60)]


def test_labels_move_with_the_role(swapped: list[LabelledSentence]) -> None:
    for found in swapped:
        labels = [actor.labels["ceasefire"] for actor in found.actors]
        assert labels == ["against", "none", "favor", "conditional"]


def test_all_mentions_of_an_actor_are_exchanged_for_one_name(
    swapped: list[LabelledSentence],
) -> None:
    assert len({found.actors[0].actor for found in swapped}) > 10
    for found in swapped:
        names = {found.text[slice(*span)] for span in found.actors[0].spans}
        assert len(names) == 1


def test_an_exchanged_actor_keeps_its_kind_and_is_not_named_twice(
    swapped: list[LabelledSentence], matcher: ActorMatcher
) -> None:
    for found in swapped:
        ids = [actor.actor for actor in found.actors]
        assert len(set(ids)) == 4
        kinds = [matcher.registry.actors[actor].kind for actor in ids]
        assert kinds[:3] == ["person", "person", "state"]


def test_everything_between_the_names_stays(swapped: list[LabelledSentence]) -> None:
    for found in swapped:
        rest, places = found.text, [span for actor in found.actors for span in actor.spans]
        for span in sorted(places, reverse=True):
            rest = rest[: span.start] + "@" + rest[span.end :]
        assert rest == "أبلغ @ @ أن @ تدعم @، وكرر @ ذلك"


def test_rate_nought_changes_nothing(matcher: ActorMatcher) -> None:
    assert ActorSwapper(matcher.registry, 0.0, {})(sentence(), Random(0)) == sentence()


def plain(text: str, *named: tuple[str, str]) -> LabelledSentence:
    """A sentence that names these actors neutrally."""
    actors = tuple(
        LabelledActor(actor, (Span(text.index(name), text.index(name) + len(name)),), _PLAIN)
        for actor, name in named
    )
    return LabelledSentence("s", text, actors)


_PLAIN = {"ceasefire": "none", "offensive": "none", "sentiment": "neutral"}


def test_an_epithet_behind_a_group_makes_its_sentiment_and_moves_what_follows(
    matcher: ActorMatcher,
) -> None:
    load = Epithets(matcher.registry, 1.0)
    bare = plain("زارت فرق الإغاثة حيا تحرسه «كتائب طرابلس» وشكرت الجزائر",
                 ("tripoli_militias", "كتائب طرابلس"), ("algeria", "الجزائر"))  # fmt: skip
    loaded = [load(bare, Random(seed)) for seed in range(60)]
    for found in loaded:
        group, state = found.actors
        assert found.text[slice(*group.spans[0])] == "كتائب طرابلس"
        assert found.text[slice(*state.spans[0])] == "الجزائر"
        assert state.labels == _PLAIN
        assert "«كتائب طرابلس» " in found.text
    sentiment = {found.text: found.actors[0].labels["sentiment"] for found in loaded}
    assert {sentiment[text] for text in sentiment if "الإرهابية" in text} == {"negative"}
    assert {sentiment[text] for text in sentiment if "الباسلة" in text} == {"positive"}


def test_an_epithet_agrees_with_the_name(matcher: ActorMatcher) -> None:
    bare = plain("انسحب الجيش الوطني من البلدة", ("lna", "الجيش الوطني"))
    texts = {Epithets(matcher.registry, 1.0)(bare, Random(seed)).text for seed in range(80)}
    assert "انسحب الجيش الوطني المارق من البلدة" in texts
    assert not any("المارقة" in text for text in texts)


def test_persons_states_and_groups_with_a_sentiment_are_given_no_epithet(matcher: ActorMatcher) -> None:
    load = Epithets(matcher.registry, 1.0)
    others = plain("التقى حفتر سفير تركيا", ("haftar", "حفتر"), ("turkey", "تركيا"))
    blamed = plain("نهبت كتائب طرابلس السوق", ("tripoli_militias", "كتائب طرابلس"))
    [group] = blamed.actors
    blamed = replace(blamed, actors=(replace(group, labels=_PLAIN | {"sentiment": "negative"}),))
    for unchanged in (others, blamed):
        assert load(unchanged, Random(0)) == unchanged


def test_the_shipped_checkpoint_reads_a_loaded_word_behind_a_group(matcher: ActorMatcher) -> None:
    """And without the word, most of the same groups stay neutral to it."""
    load = Epithets(matcher.registry, 1.0)
    sentences = read_sentences(Path("training/corpus"), "dev")[:900]
    pairs = [(each, load(each, Random(place))) for place, each in enumerate(sentences)]
    loaded = [(bare, found) for bare, found in pairs if _turned(bare, found) == "negative"]
    classifier = Classifier.load(device="cpu:float32")
    labels = classifier.checkpoint.config.heads["sentiment"]
    said = {}
    for name, asked in (("without", [b for b, _ in loaded]), ("with", [f for _, f in loaded])):
        rows = classifier.probabilities([sentence.query for sentence in asked])
        said[name] = Counter(
            labels[row[_place(bare, found)]["sentiment"].argmax()]
            for row, (bare, found) in zip(rows, loaded, strict=True)
        )
    print({name: dict(counted) for name, counted in said.items()})
    assert said["with"]["negative"] > len(loaded) / 2
    assert said["without"]["neutral"] > 0.7 * len(loaded)


def _place(bare: LabelledSentence, found: LabelledSentence) -> int:
    """Which of the actors was given the word."""
    pairs = zip(bare.actors, found.actors, strict=True)
    return next(place for place, (one, other) in enumerate(pairs) if one.labels != other.labels)


def _turned(bare: LabelledSentence, found: LabelledSentence) -> str:
    return "" if found is bare else found.actors[_place(bare, found)].labels["sentiment"]


def test_careless_spelling_moves_no_mention() -> None:
    noise = SpellingNoise(1.0)
    written = {noise(sentence(), Random(seed)).text for seed in range(40)}
    assert len(written) > 1
    assert {len(text) for text in written} == {len(TEXT)}
    assert any("ابلغ" in text for text in written)


def test_a_ya_inside_a_word_stays_whatever_diacritic_is_on_it() -> None:
    noise = SpellingNoise(1.0)
    text = replace(sentence(), text="السيِّد الليبي", actors=())
    written = {noise(text, Random(seed)).text for seed in range(40)}
    assert written == {"السيِّد الليبي", "السيِّد الليبى"}


def test_hiding_changes_pieces_alone_and_never_the_first_or_the_last(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    encoder = Encoder(tokenizer.backend_tokenizer, 64)
    [example] = encoder.encode([sentence().query])
    for _ in range(40):
        hidden = PieceHiding(0.3, encoder.marker)(example)
        assert replace(hidden, pieces=example.pieces) == example
        changed = [new for old, new in zip(example.pieces, hidden.pieces, strict=True) if new != old]
        assert set(changed) <= {encoder.marker}
        assert len(changed) < len(example.pieces) - 2
    every = PieceHiding(1.0, encoder.marker)(example).pieces
    assert every == (example.pieces[0], *[encoder.marker] * (len(every) - 2), example.pieces[-1])
    assert PieceHiding(0.0, encoder.marker)(example) == example

from pathlib import Path

from models.actors import ActorMatcher
from training.augment import pools_by_agreement
from training.dataset import read_sentences
from training.names import composed_names, invented_names, registry_names


def test_invented_names_are_in_no_registry_and_no_corpus(matcher: ActorMatcher) -> None:
    names = [name for _, _, name in invented_names()]
    assert len(names) > 30
    texts = " ".join(sentence.text for sentence in read_sentences(Path("training/corpus")))
    for name in names:
        assert name not in texts
        assert not matcher.find(name)


def test_training_never_gives_an_actor_a_word_that_marks_an_invented_name(
    matcher: ActorMatcher,
) -> None:
    bodies = {"لواء", "مجلس", "حزب", "تجمع", "ائتلاف", "قوات", "جبهة", "كتيبة", "حركة", "غرفة", "عمليات"}
    joining = {"بن", "أبناء"}
    words = {word for _, _, name in invented_names() for word in name.split()} - bodies - joining
    assert {"البرقاوي", "كولومبيا", "الصحراء"} < words
    for _, _, name in composed_names(matcher.registry):
        assert not words & set(name.split()), name


def test_composed_names_can_stand_for_any_actor_of_the_registry(matcher: ActorMatcher) -> None:
    composed, known = (
        pools_by_agreement(names)
        for names in (composed_names(matcher.registry), registry_names(matcher.registry))
    )
    assert set(composed) == set(known)
    assert all(len(pool) > 80 for pool in composed.values())


def test_composed_names_are_the_same_ones_each_time_and_nobodys(matcher: ActorMatcher) -> None:
    composed = composed_names(matcher.registry)
    assert composed == composed_names(matcher.registry)
    names = {name for _, _, name in composed}
    assert len(names) == len(composed)
    assert not names & set().union(*matcher.registry.forms.values())

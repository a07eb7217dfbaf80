import pytest
from transformers import PreTrainedTokenizerFast

from models.encoding import Encoder, Query, collate, rounded, token_budget_batches
from models.errors import InputError
from models.text import Span

TEXT = "رفض حفتر الهدنة ورحب السراج بها"
HAFTAR, SARRAJ = Span(4, 8), Span(21, 27)


@pytest.fixture(scope="module")
def encoder(tokenizer: PreTrainedTokenizerFast) -> Encoder:
    return Encoder(tokenizer.backend_tokenizer, 64)


def test_a_mention_becomes_the_pieces_that_overlap_it(encoder: Encoder) -> None:
    [example] = encoder.encode([Query(TEXT, [[HAFTAR], [SARRAJ]])])
    offsets = encoder.tokenizer.encode(TEXT).offsets
    for span, pieces in zip((HAFTAR, SARRAJ), example.mentions, strict=True):
        assert offsets[pieces[0]][0] == span.start
        assert offsets[pieces[-1]][1] == span.end


def test_an_actor_named_at_every_word_has_every_piece_of_the_window(encoder: Encoder) -> None:
    spans = [Span(start, start + 4) for start in range(0, 5 * 20_000, 5)]  # once the work of minutes
    [example] = encoder.encode([Query("حفتر " * 20_000, [spans])])
    assert example.mentions[0] == tuple(range(1, len(example.pieces) - 1))


def test_a_marker_stands_behind_the_text_at_its_mentions_position(encoder: Encoder) -> None:
    [example] = encoder.encode([Query(TEXT, [[HAFTAR], [SARRAJ]])])
    batch = collate([example], encoder.marker, encoder.padding)
    behind = slice(len(example.pieces), len(example))
    assert batch.input_ids[0, behind].tolist() == [encoder.marker] * 2
    assert batch.position_ids[0, behind].tolist() == [m[0] for m in example.mentions]


def test_a_row_is_rounded_up_by_padding_alone(encoder: Encoder) -> None:
    [example] = encoder.encode([Query(TEXT, [[HAFTAR], [SARRAJ]])])
    batch = collate([example], encoder.marker, encoder.padding)
    length = len(example)
    assert length < batch.input_ids.shape[1] == rounded(length)
    assert encoder.padding not in batch.input_ids[0, :length]
    assert set(batch.input_ids[0, length:].tolist()) == {encoder.padding}
    assert not batch.attention_mask[0, 0, :length, length:].any()


def test_text_does_not_see_markers_and_markers_see_text_and_themselves(encoder: Encoder) -> None:
    [example] = encoder.encode([Query(TEXT, [[HAFTAR], [SARRAJ]])])
    mask = collate([example], encoder.marker, encoder.padding).attention_mask[0, 0]
    end = len(example.pieces)
    assert mask[:end, :end].all()
    assert not mask[:end, end:].any()
    assert mask[end:, :end].all()
    assert mask[end : end + 2, end : end + 2].tolist() == [[True, False], [False, True]]


def test_a_long_sentence_is_read_in_windows_and_no_actor_is_lost(encoder: Encoder) -> None:
    text = ("وقال البيان إن القتال مستمر في ضواحي العاصمة منذ أسابيع " * 12) + "ورفض حفتر الهدنة"
    late = Span(text.index("حفتر"), text.index("حفتر") + 4)
    early = Span(text.index("البيان"), text.index("البيان") + 6)
    examples = encoder.encode([Query(text, [[late], [early]])])
    assert sorted(actor for example in examples for actor in example.actors) == [0, 1]
    for example in examples:
        assert len(example.pieces) <= 64
        assert all(pieces for pieces in example.mentions)
    [window] = [example for example in examples if 0 in example.actors]
    pieces = [window.pieces[i] for i in window.mentions[window.actors.index(0)]]
    assert encoder.tokenizer.decode(pieces) == "حفتر"


@pytest.mark.parametrize("span", [Span(-1, 3), Span(4, 4), Span(5, 900)])
def test_a_span_outside_the_text_is_refused(encoder: Encoder, span: Span) -> None:
    with pytest.raises(InputError, match="outside the sentence"):
        encoder.encode([Query(TEXT, [[span]])])


def test_an_actor_without_a_span_is_refused(encoder: Encoder) -> None:
    with pytest.raises(InputError, match="no span"):
        encoder.encode([Query(TEXT, [[]])])


@pytest.mark.parametrize("address", ["حفتر@news.com", "https://a.ly/حفتر", "@حفتر", "www.حفتر.com"])
def test_a_mention_with_nothing_to_read_is_in_no_example(encoder: Encoder, address: str) -> None:
    text = f"راسل {address} أو السراج"
    spans = [
        [Span(start, start + len(name))] for name in ("حفتر", "السراج") for start in [text.index(name)]
    ]
    [example] = encoder.encode([Query(text, spans)])
    assert example.actors == (1,)


def test_very_many_actors_are_asked_in_groups(encoder: Encoder) -> None:
    examples = encoder.encode([Query(TEXT, [[HAFTAR]] * 70)])
    assert [len(example.actors) for example in examples] == [32, 32, 6]
    assert [actor for example in examples for actor in example.actors] == list(range(70))


def test_batches_keep_to_the_budget_and_cover_every_example_once(encoder: Encoder) -> None:
    queries = [Query("رفض حفتر " + "الهدنة " * (i % 7), [[Span(4, 8)]]) for i in range(40)]
    examples = encoder.encode(queries)
    batches = list(token_budget_batches(examples, 64))
    assert sorted(i for batch in batches for i in batch) == list(range(40))
    for batch in batches:
        [row] = {rounded(len(examples[i])) for i in batch}
        assert len(batch) * row <= 64

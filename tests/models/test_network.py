from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.checkpoint import Checkpoint, read_checkpoint
from models.encoding import Query, collate
from models.network import StanceNetwork, TensorBatch
from models.text import Span

TEXT = "رفض حفتر الهدنة ورحب السراج بها وصمتت تركيا عنها"
ACTORS = {
    name: [Span(TEXT.index(name), TEXT.index(name) + len(name))] for name in ("حفتر", "السراج", "تركيا")
}


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: Path) -> Checkpoint:
    return read_checkpoint(tiny_checkpoint)


def logits(checkpoint: Checkpoint, *queries: Query) -> dict[str, Tensor]:
    encoder = checkpoint.encoder
    batch = TensorBatch.of(collate(encoder.encode(queries), encoder.marker, encoder.padding))
    with torch.inference_mode():
        found: dict[str, Tensor] = checkpoint.network.eval()(batch)
    return found


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for head, values in expected.items():
        torch.testing.assert_close(found[head], values, atol=1e-5, rtol=1e-5)


def test_other_actors_do_not_change_an_actors_logits(checkpoint: Checkpoint) -> None:
    alone = logits(checkpoint, Query(TEXT, [ACTORS["السراج"]]))
    together = logits(checkpoint, Query(TEXT, list(ACTORS.values())))
    assert_same({head: values[1:2] for head, values in together.items()}, alone)


def test_actors_of_one_sentence_are_told_apart(checkpoint: Checkpoint) -> None:
    found = logits(checkpoint, Query(TEXT, list(ACTORS.values())))["ceasefire"]
    assert (found[0] - found[1]).abs().max() > 1e-3


def test_batch_composition_and_order_do_not_change_logits(checkpoint: Checkpoint) -> None:
    one = Query(TEXT, [ACTORS["حفتر"]])
    other = Query("غادر السراج العاصمة في رحلة طويلة إلى روما بعد لقاء قصير", [[Span(5, 11)]])
    alone = logits(checkpoint, one)
    first, last = logits(checkpoint, one, other), logits(checkpoint, other, one)
    assert_same({head: values[:1] for head, values in first.items()}, alone)
    assert_same({head: values[1:] for head, values in last.items()}, alone)


def test_the_texts_states_do_not_depend_on_the_markers(checkpoint: Checkpoint) -> None:
    encoder, network = checkpoint.encoder, checkpoint.network.eval()
    states = []
    for actors in ([ACTORS["حفتر"]], list(ACTORS.values())):
        [example] = encoder.encode([Query(TEXT, actors)])
        batch = TensorBatch.of(collate([example], encoder.marker, encoder.padding))
        mask = torch.zeros(batch.attention_mask.shape).masked_fill(~batch.attention_mask, -1e9)
        with torch.inference_mode():
            hidden = network.bert(batch.input_ids, mask, position_ids=batch.position_ids)
        states.append(hidden.last_hidden_state[0, : len(example.pieces)])
    torch.testing.assert_close(states[0], states[1], atol=1e-5, rtol=1e-5)


def test_saving_and_loading_keeps_every_weight_as_safetensors(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    checkpoint.network.save_pretrained(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    loaded = StanceNetwork.from_pretrained(tmp_path)
    for name, weight in checkpoint.network.state_dict().items():
        assert torch.equal(weight, loaded.state_dict()[name])

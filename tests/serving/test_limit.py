import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from models.classifier import Classifier
from models.encoding import Query, collate
from models.network import TensorBatch
from models.text import Span
from serving.benchmarks.limit import formats, limits, operations

SENTENCE = "رفض حفتر وقف إطلاق النار، ورحب به السراج."


def test_counted_operations_are_those_that_pytorch_counts(classifier: Classifier) -> None:
    encoder = classifier.checkpoint.encoder
    # Three actors make a row of 16 pieces, which has no padding.
    examples = encoder.encode([Query(SENTENCE, [[Span(4, 8)], [Span(33, 39)], [Span(0, 3)]])])
    network = classifier.checkpoint.network
    plain = sdpa_kernel(SDPBackend.MATH)  # as products, which are counted
    with FlopCounterMode(display=False) as counted, torch.inference_mode(), plain:
        network(TensorBatch.of(collate(examples, encoder.marker, encoder.padding)))
    counts = counted.get_total_flops()
    pooled = 2 * 3 * len(examples[0]) * network.bert.config.hidden_size  # a mean, which is no product
    assert operations(examples, classifier.checkpoint.config) == counts - pooled


def test_a_share_of_the_limit_is_the_floor_over_the_time(classifier: Classifier) -> None:
    examples = classifier.checkpoint.encoder.encode([Query(SENTENCE, [[Span(4, 8)]])])
    found = limits(examples, classifier.checkpoint.config, "float32", 2.0)
    assert "float32" in formats()
    assert found["share"] == found["floor_seconds"]["float32"] / 2
    assert found["rates"]["float32"] > 1e6

"""Examples read by the network: in passes of like length, several at once, calibrated."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.encoding import Example, collate, rounded, token_budget_batches
from models.judging import Probabilities
from models.runtime import Runtime

__all__ = ["Reader", "Rows"]

Rows = list[Probabilities]  # of an example's actors


class Reader:
    """Reads examples with a checkpoint's network, as a runtime does it best."""

    def __init__(self, checkpoint: Checkpoint, runtime: Runtime) -> None:
        self._checkpoint, self._runtime = checkpoint, runtime
        self._network = runtime.prepare(checkpoint)
        self._threads = ThreadPoolExecutor(runtime.passes, "network", runtime.begin)

    def read(self, examples: Sequence[Example]) -> list[Rows]:
        """The rows of every example, in the order given, in `passes`."""
        return self.begin(examples)()

    def read_together(self, examples: Sequence[Example]) -> list[Rows]:
        """The rows of examples, in the order given, in one pass in the calling thread."""
        encoder, calibration = self._checkpoint.encoder, self._checkpoint.calibration
        batch = collate(examples, encoder.marker, encoder.padding)
        logits = zip(self._checkpoint.config.heads, self._network(batch), strict=True)
        said = {head: _softmax(each / calibration[head].temperature) for head, each in logits}
        rows = ({head: each[row] for head, each in said.items()} for row in range(batch.judged.sum()))
        return [list(islice(rows, len(example.actors))) for example in examples]

    def passes(self, examples: Sequence[Example]) -> list[list[int]]:
        """Which examples a pass of `read` holds: as many as read best, a share for each core."""
        runtime = self._runtime
        whole = sum(rounded(len(example)) for example in examples)
        budget = min(runtime.token_budget, -(-whole // runtime.passes))
        found = list(token_budget_batches(examples, budget))
        return found[::-1]  # the last to be begun are short, so that all cores end together

    def begin(self, examples: Sequence[Example]) -> Callable[[], list[Rows]]:
        """Has the passes begun, and gives what waits for the rows of all examples."""
        batches = self.passes(examples)
        passes = [
            self._threads.submit(self.read_together, [examples[i] for i in batch]) for batch in batches
        ]

        def rows() -> list[Rows]:
            found: dict[int, Rows] = {}
            for batch, read in zip(batches, passes, strict=True):
                found.update(zip(batch, read.result(), strict=True))
            return [found[place] for place in range(len(examples))]

        return rows


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    exponents: NDArray[np.float32] = np.exp(logits - logits.max(-1, keepdims=True))
    shares: NDArray[np.float32] = exponents / exponents.sum(-1, keepdims=True)
    return shares

"""transformers' pipeline behind LitServe: python -m serving.benchmarks.litserve_pipeline PORT."""

import sys
from typing import Any

import litserve

from models.checkpoint import read_checkpoint
from serving.benchmarks.pipeline import PairPipeline
from serving.settings import Settings

__all__ = ["PairAPI"]

_BATCH_SIZE = 16


class PairAPI(litserve.LitAPI):
    """`POST /predict` with any number of pairs, which are read in batches."""

    def setup(self, device: str) -> None:
        """Loads the pipeline, once a worker."""
        self._classify = PairPipeline.of(read_checkpoint(Settings().checkpoint), device).classify

    def decode_request(self, request: dict[str, Any]) -> list[dict[str, str]]:
        """The pairs of a call."""
        found: list[dict[str, str]] = request["pairs"]
        return found

    def predict(self, pairs: list[dict[str, str]]) -> Any:
        """Their labels."""
        return self._classify(pairs, batch_size=_BATCH_SIZE, truncation=True)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """The labels as an object."""
        return {"labels": output}


if __name__ == "__main__":
    litserve.LitServer(PairAPI(), accelerator="cpu").run(
        host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False
    )

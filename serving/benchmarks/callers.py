"""Who calls the service in a load test: locust runs this file (`serving.benchmarks.load`).

Answers are counted under their status, so that refusals do not flatter the times of what was accepted.
"""

import json
import os
import time
from pathlib import Path
from random import Random

from locust import FastHttpUser, task

__all__ = ["Caller"]

_ARTICLES = json.loads(Path(os.environ["HUDNA_LOAD_ARTICLES"]).read_text("utf-8"))
_DEADLINE = os.environ.get("HUDNA_LOAD_DEADLINE")
_TOGETHER = int(os.environ.get("HUDNA_LOAD_TOGETHER", "1"))  # articles a call
_CALLS_A_SECOND = float(os.environ.get("HUDNA_LOAD_RATE", "0"))  # of each caller; 0: as fast as answered


class Caller(FastHttpUser):
    """Sends one article after the other, at once or at the times of a Poisson process of its own."""

    network_timeout = 120.0
    connection_timeout = 120.0

    def on_start(self) -> None:
        """Each caller has an order and times of its own."""
        self._draw = Random(id(self))
        self._due = time.monotonic()
        time.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Seconds until the next call; one that took too long for its turn is followed at once."""
        if not _CALLS_A_SECOND:
            return 0.0
        self._due += self._draw.expovariate(_CALLS_A_SECOND)
        return max(0.0, self._due - time.monotonic())

    @task
    def analyze(self) -> None:
        """One article or several, judged."""
        texts = self._draw.choices(_ARTICLES, k=_TOGETHER)
        body = {"articles": [{"text": text} for text in texts]}
        headers = {"x-deadline": _DEADLINE} if _DEADLINE else {}
        with self.client.post("/v1/analyze", json=body, headers=headers, catch_response=True) as answer:
            answer.request_meta["name"] = str(answer.status_code)
            answer.success()

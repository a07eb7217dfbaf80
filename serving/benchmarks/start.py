"""From nothing to the first answer, in processes of their own: seconds, and the memory they hold."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["cold_start"]

_PROGRAM = """
import time
begun = time.perf_counter()
import json, sys
from pathlib import Path
from models.classifier import Article, Classifier
classifier = Classifier.load(Path(sys.argv[1]), "cpu")
classifier.analyze([Article("", "رفض حفتر وقف إطلاق النار.")])
seconds = time.perf_counter() - begun
import psutil
resident = lambda: psutil.Process().memory_info().rss / 1e6
first = resident()
for text in json.load(sys.stdin):
    classifier.analyze([Article("", text)])
print(json.dumps({"seconds": seconds, "first_mb": first, "working_mb": resident()}))
"""


def cold_start(checkpoint: Path, texts: Sequence[str], repeats: int = 3) -> dict[str, Any]:
    """Medians over new processes: seconds from the first import to the first answer, and resident MB.

    `first_mb` is after that answer, `working_mb` after all the texts, an article a call.
    """
    found = [_started(checkpoint, texts) for _ in range(repeats)]
    return {key: median(each[key] for each in found) for key in found[0]}


def _started(checkpoint: Path, texts: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(checkpoint)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told

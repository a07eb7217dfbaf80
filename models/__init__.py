"""What the classifier is: actors, text, network, and the one door to them, `Classifier`."""

from pathlib import Path

__all__ = ["SHIPPED_CHECKPOINT"]

SHIPPED_CHECKPOINT = Path(__file__).parent / "checkpoints" / "hudna-base"

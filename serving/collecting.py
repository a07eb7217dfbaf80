"""How often Python looks for cycles among objects."""

import gc

__all__ = ["collect_rarely"]

_OBJECTS = 50_000  # between two looks, not 700


def collect_rarely() -> None:
    """Sets what is there aside, and has Python look for cycles seldom.

    Answers are very many small objects without cycles: to look for some among them, and among all that
    was imported, took half of the time of making them, and held up every call of a service.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 10)

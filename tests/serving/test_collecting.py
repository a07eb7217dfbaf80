import gc

from serving.collecting import collect_rarely


def test_python_looks_for_cycles_seldom_and_not_among_what_was_there() -> None:
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold()[0] >= 10 * 700
        assert gc.get_freeze_count() > 0
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

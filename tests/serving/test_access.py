import os
import time
from pathlib import Path

import httpx
import pytest

from models.errors import BusyError, InputError, KeyRefusedError
from serving.access import Access, new_key


def test_without_a_file_anyone_may_call() -> None:
    assert Access(None).name("") == "anyone"


def test_a_key_has_a_name_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    key, line = new_key("newsroom")
    (tmp_path / "keys").write_text(f"{line}\n")
    assert key not in line
    assert Access(tmp_path / "keys").name(key) == "newsroom"


@pytest.mark.parametrize("key", ["", "wrong", "مفتاح", "\udce2"])
def test_another_key_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "keys").write_text(new_key("newsroom")[1])
    with pytest.raises(KeyRefusedError, match="API key"):
        Access(tmp_path / "keys").name(key)


def test_keys_come_and_go_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    (old, old_line), (new, new_line) = new_key("desk"), new_key("desk-2020")
    file.write_text(old_line)
    access = Access(file)
    access.name(old)
    file.write_text(new_line)
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert access.name(new) == "desk-2020"
    with pytest.raises(KeyRefusedError):
        access.name(old)


def test_a_file_that_is_lost_while_serving_keeps_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    key, line = new_key("desk")
    file.write_text(line)
    access = Access(file)
    file.unlink()
    assert access.name(key) == "desk"


def test_an_allowance_is_each_callers_own() -> None:
    access = Access(None, "2/minute")
    access.spend("one")
    access.spend("one")
    with pytest.raises(BusyError, match="The allowance of 2 per 1 minute is spent") as refused:
        access.spend("one")
    assert 1 <= refused.value.retry_after <= 60
    access.spend("other")


@pytest.mark.parametrize("name", ["", "two words"])
def test_a_keys_name_is_one_word(name: str) -> None:
    with pytest.raises(InputError, match="one word"):
        new_key(name)


def test_what_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Access(tmp_path / "none")
    for rate in ("many", "2/second;3/hour", "0/minute"):
        with pytest.raises(InputError, match="no rate"):
            Access(None, rate)


def test_a_clock_that_is_set_back_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    access = Access(None, "2/minute")
    access.spend("anyone")
    access.spend("anyone")
    monkeypatch.setattr(time, "time", lambda: now - 3_600)
    access.spend("anyone")
    access.spend("anyone")
    with pytest.raises(BusyError) as refused:
        access.spend("anyone")
    assert refused.value.retry_after <= 61


def test_a_service_with_keys_asks_for_them_and_counts_each_ones_calls(
    tmp_path: Path, run_service, tiny_checkpoint: Path
) -> None:
    key, line = new_key("desk")
    (tmp_path / "keys").write_text(line)
    environment = {
        "HUDNA_KEYS": str(tmp_path / "keys"),
        "HUDNA_RATE": "2/minute",
        "HUDNA_CHECKPOINT": str(tiny_checkpoint),
        "HUDNA_FEEDBACK": f"sqlite:///{tmp_path / 'feedback.sqlite'}",
    }
    body = {"articles": {"text": "رفض المشير خليفة حفتر وقف إطلاق النار."}}
    with run_service(tmp_path, "serving.service:HudnaService", Path.cwd(), **environment) as (url, _):

        def status(**headers: str) -> int:
            return httpx.post(f"{url}/v1/analyze", json=body, headers=headers, timeout=60).status_code

        assert (status(), status(**{"X-API-Key": f"{key}x"})) == (401, 401)
        assert [status(**{"X-API-Key": key}) for _ in range(3)] == [200, 200, 429]
        assert httpx.get(f"{url}/readyz").status_code == 200  # the platform has no key

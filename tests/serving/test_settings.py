from pathlib import Path

import pytest

from models.errors import InputError
from serving.settings import Settings


def test_a_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUDNA_MAX_ARTICLES", "3")
    monkeypatch.setenv("HUDNA_KEYS", "/etc/hudna/keys")
    assert Settings().max_articles == 3
    assert Settings().keys == Path("/etc/hudna/keys")


@pytest.mark.parametrize(
    ("name", "value"), [("MAX_ARTICLES", "many"), ("DEADLINE", "-1"), ("LOG_BODIES", "perhaps")]
)
def test_a_setting_that_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"HUDNA_{name}", value)
    with pytest.raises(InputError, match=rf"^HUDNA_{name} is '{value}': Input should be [^\n]+\.$"):
        Settings()


def test_a_call_that_names_no_deadline_has_no_more_than_one_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUDNA_DEADLINE", "300")
    with pytest.raises(
        InputError, match=r"^HUDNA_MAX_DEADLINE is 120\.0: .* less than HUDNA_DEADLINE\.$"
    ):
        Settings()
    monkeypatch.setenv("HUDNA_MAX_DEADLINE", "300")
    assert Settings().deadline == 300

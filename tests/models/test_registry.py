from pathlib import Path

import yaml

from models.folding import fold
from models.registry import load_registry


def test_no_phrase_names_an_actor_and_nobody() -> None:
    data = yaml.safe_load(Path("models/actors.yaml").read_text("utf-8"))
    phrases = load_registry().phrases
    kinds = {phrases[fold(text).text].kind for text in data["not_actors"]}
    assert kinds == {"nothing"}


def test_a_quoted_name_is_the_name() -> None:
    phrases = load_registry().phrases
    assert phrases[fold("عملية الكرامة").text] == phrases[fold("قوات الكرامة").text]
    assert not any(mark in text for text in phrases for mark in "«»“”")

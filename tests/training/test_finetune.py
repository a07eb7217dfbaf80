import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

from models.classifier import Article, Classifier
from models.errors import InputError
from training.arguments import TrainArguments
from training.finetune import finetune, prepared


@pytest.fixture(scope="module")
def arguments(
    small_corpus: Path, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> TrainArguments:
    return TrainArguments(
        small_corpus, str(tiny_encoder), tmp_path_factory.mktemp("out"), name="tiny", epochs=2
    )


@pytest.fixture(scope="module")
def trained(arguments: TrainArguments) -> Path:
    return finetune(arguments)


def test_training_gives_a_whole_checkpoint_with_card_and_metrics(trained: Path) -> None:
    parts = {"config.json", "model.safetensors", "tokenizer.json", "calibration.json"}
    assert parts | {"manifest.json", "metrics.json", "README.md"} <= {f.name for f in trained.iterdir()}
    [analysis] = Classifier.load(trained).analyze([Article("a", "رفض حفتر الهدنة.")])
    assert analysis.model.name == "tiny"
    metrics = json.loads((trained / "metrics.json").read_text("utf-8"))
    scored = [entry for entry in metrics["history"] if "eval_macro_f1" in entry]
    assert len(scored) == 2


def test_the_card_says_first_what_the_encoder_is(trained: Path) -> None:
    card = (trained / "README.md").read_text("utf-8")
    first = card.split("\n# ", 1)[1].split("\n\n")[1]
    assert first.startswith("**What the encoder is")


def test_weights_are_half_precision(trained: Path) -> None:
    from safetensors.torch import load_file

    assert {tensor.dtype for tensor in load_file(trained / "model.safetensors").values()} == {
        torch.bfloat16
    }


def test_an_interrupted_run_goes_on_where_it_stopped(
    arguments: TrainArguments, trained: Path, tmp_path: Path
) -> None:
    """The same run cut off after its first epoch ends with the same weights."""
    shutil.copytree(trained / "runs", tmp_path / "runs")
    last = max((tmp_path / "runs").glob("checkpoint-*"), key=lambda f: int(f.name.split("-")[1]))
    shutil.rmtree(last)
    again = finetune(replace(arguments, out=tmp_path))
    assert (again / "model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()


def test_with_a_focus_judgements_count_by_how_unsure_they_are(arguments: TrainArguments) -> None:
    plain, focused = (prepared(replace(arguments, focus=focus))[0] for focus in (0.0, 2.0))
    label = torch.tensor([0])
    for logit in (-1.0, 0.0, 6.0):
        logits = torch.tensor([[logit, 0.0, 0.0, 0.0]])
        unsure = 1 - torch.softmax(logits, -1)[0, 0]
        whole = plain.head_loss("ceasefire", logits, label)
        assert torch.isclose(focused.head_loss("ceasefire", logits, label), unsure**2 * whole)


def test_a_corpus_without_a_dev_split_is_refused(arguments: TrainArguments, tmp_path: Path) -> None:
    [file] = arguments.corpus.glob("*.jsonl")
    (tmp_path / "r.jsonl").write_text(
        file.read_text("utf-8").replace('"split": "dev"', '"split": "test"')
    )
    with pytest.raises(InputError, match="no dev sentences"):
        finetune(replace(arguments, corpus=tmp_path, out=tmp_path / "out"))


def test_another_run_in_the_same_folder_is_refused(arguments: TrainArguments, trained: Path) -> None:
    with pytest.raises(InputError, match="holds a run with seed"):
        finetune(replace(arguments, seed=1))


def test_an_encoder_of_another_class_is_refused(arguments: TrainArguments, tmp_path: Path) -> None:
    RobertaConfig().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="of class roberta"):
        finetune(replace(arguments, encoder=str(tmp_path), out=tmp_path / "out"))


def test_an_encoder_that_is_not_there_is_refused(arguments: TrainArguments, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used as an encoder"):
        finetune(replace(arguments, encoder=str(tmp_path), out=tmp_path / "out"))


@pytest.mark.slow
def test_a_folder_as_araberts_own_trains_saves_loads_and_judges(
    arguments: TrainArguments, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    """AraBERT's configuration at reduced depth: 64,000 pieces, 768 wide, vocab.txt, BertTokenizer."""
    pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    pieces += [f"[unused{i}]" for i in range(64_000 - len(pieces))]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), "utf-8")
    BertTokenizer(str(tmp_path / "vocab.txt"), do_lower_case=False).save_pretrained(tmp_path)
    BertModel(BertConfig(vocab_size=64_000, num_hidden_layers=1)).save_pretrained(tmp_path)
    out = finetune(replace(arguments, encoder=str(tmp_path), out=tmp_path / "out", epochs=1))
    card = (out / "README.md").read_text("utf-8")
    assert "It is not AraBERT" not in card
    assert "license: other" in card
    text = "ورَفَضَ السرّاجُ الهدنةَ."
    [analysis] = Classifier.load(out).analyze([Article("a", text)])
    [judgement] = analysis.sentences[0].judgements
    [mention] = judgement.mentions
    assert text[mention.start : mention.end] == mention.text == "السرّاجُ"

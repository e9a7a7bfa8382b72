"""The trained model's container: what goes in comes out, and what is damaged is refused in one clear sentence."""

import json
import socket

import numpy as np
import pytest
import torch

from course_lib import pretrained
from course_lib.inside import KEEP
from course_lib.models import MeanEmbedding, SentimentLSTM
from course_lib.models.sentiment import predict_logits
from course_lib.pretrained import SHIPPED, PretrainedError, card_path, load_sentiment, save_sentiment
from course_lib.text import Vocabulary

CARD = dict(data="made up", settings={"epochs": 3}, seed=0, scores={"test_accuracy": 0.9}, seconds=60.0,
            date="2026-01-01", machine="a laptop", command="python benchmarks/sentiment.py")
WORDS = ["the", "film", "naïve", "didn't", "9", "שלום"]


def build(pooling="mean_max", num_layers=1, seed=0):
    torch.manual_seed(seed)
    return SentimentLSTM(len(WORDS) + 2, 7, 5, num_layers, pooling=pooling, dropout=0.5)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_sentiment(build(), Vocabulary(WORDS), CARD, path)
    return path


def rewrite_card(path, **changes):
    card = json.loads(card_path(path).read_text(encoding="utf-8")) | changes
    card_path(path).write_text(json.dumps(card), encoding="utf-8")


@pytest.mark.parametrize("pooling, num_layers", [("mean_max", 1), ("last", 1), ("mean_max", 2)])
def test_a_model_comes_back_with_the_same_logits_to_the_tolerance_of_float16(tmp_path, pooling, num_layers):
    model, path = build(pooling, num_layers).eval(), tmp_path / "model.safetensors"
    save_sentiment(model, Vocabulary(WORDS), CARD, path)
    loaded, vocabulary, card = load_sentiment(path)
    rng = np.random.default_rng(0)
    ids, lengths = rng.integers(1, 8, size=(30, 9)), rng.integers(1, 10, size=30)
    np.testing.assert_allclose(predict_logits(loaded, ids, lengths), predict_logits(model, ids, lengths), atol=2e-4)
    assert vocabulary.words == Vocabulary(WORDS).words and vocabulary.encode(["שלום"]) == [7]
    assert not loaded.training and all(p.dtype == torch.float32 for p in loaded.parameters())
    assert CARD.items() <= card.items()
    assert card["parameters"] == sum(p.numel() for p in model.parameters()) and card["bytes"] == path.stat().st_size


def test_all_but_the_word_vectors_come_back_exactly(saved):
    loaded, model = load_sentiment(saved)[0].state_dict(), build().state_dict()
    for name in model:
        if name != "embedding.weight":
            assert torch.equal(loaded[name], model[name]), name
    assert torch.equal(loaded["embedding.weight"], model["embedding.weight"].half().float())
    assert not loaded["embedding.weight"][0].any()  # the padding's vector


def test_equal_models_give_equal_files(tmp_path, saved):
    again = tmp_path / "again.safetensors"
    card = save_sentiment(build(), Vocabulary(WORDS), CARD, again)
    assert again.read_bytes() == saved.read_bytes()
    assert card == json.loads(card_path(again).read_text(encoding="utf-8"))


@pytest.mark.parametrize("hidden_size", [64, 128])
def test_a_model_of_the_course_takes_at_most_six_megabytes(tmp_path, hidden_size):
    words = [f"word{i:08}" for i in range(19_998)]  # longer than real ones, which have eight letters on average
    card = save_sentiment(SentimentLSTM(20_000, 100, hidden_size), Vocabulary(words), CARD, tmp_path / "m.safetensors")
    assert 4e6 < card["bytes"] <= 6e6


def test_loading_draws_no_random_numbers_and_needs_no_network(saved, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    load_sentiment(saved)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("place", [0, 8, 40, -1])
def test_one_wrong_byte_is_noticed(saved, place):
    raw = bytearray(saved.read_bytes())
    raw[place] ^= 1
    saved.write_bytes(raw)
    with pytest.raises(PretrainedError, match=r"not the file that its card describes .*copy it again"):
        load_sentiment(saved)


def test_a_file_cut_short_is_noticed(saved):
    saved.write_bytes(saved.read_bytes()[:100])
    with pytest.raises(PretrainedError, match="100 bytes, the card says"):
        load_sentiment(saved)


@pytest.mark.parametrize("which", ["weights", "card"])
def test_a_missing_file_is_named(saved, which):
    path = saved if which == "weights" else card_path(saved)
    path.unlink()
    with pytest.raises(PretrainedError, match=f"{path.name} is not there"):
        load_sentiment(saved)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\xff"])
def test_a_card_that_is_none_is_refused(saved, text):
    card_path(saved).write_bytes(text.encode("latin-1"))
    with pytest.raises(PretrainedError, match="is no card"):
        load_sentiment(saved)


@pytest.mark.parametrize("change", [{"version": 2}, {"format": "another"}])
def test_another_version_is_named(saved, change):
    rewrite_card(saved, **change)
    with pytest.raises(PretrainedError, match=r"this course reads version 1 .*same release"):
        load_sentiment(saved)


def test_a_whole_file_with_other_contents_is_refused(saved, monkeypatch):
    real = pretrained._sizes
    monkeypatch.setattr(pretrained, "_sizes", lambda model: real(model) | {"pooling": "mean_max"})
    monkeypatch.setattr(pretrained, "_build", lambda sizes: build("last"))
    save_sentiment(build("last"), Vocabulary(WORDS), CARD, saved)
    monkeypatch.undo()
    with pytest.raises(PretrainedError, match=r"cannot be understood \(RuntimeError\), though it is whole"):
        load_sentiment(saved)


@pytest.mark.parametrize("change, error, message", [
    (dict(model=MeanEmbedding(8)), TypeError, "got MeanEmbedding"),
    (dict(vocabulary=Vocabulary(WORDS[:-1])), ValueError, "7 ids and the model 8"),
    (dict(card={k: v for k, v in CARD.items() if k not in ("seed", "command")}), ValueError, "lacks seed, command"),
    (dict(name="model.pt"), ValueError, "end in .safetensors, got model.pt"),
])
def test_what_cannot_be_saved_is_said_and_nothing_is_written(tmp_path, change, error, message):
    what = dict(model=build(), vocabulary=Vocabulary(WORDS), card=CARD, name="model.safetensors") | change
    with pytest.raises(error, match=message):
        save_sentiment(what["model"], what["vocabulary"], what["card"], tmp_path / what["name"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_numbers_that_float16_cannot_hold_are_refused(tmp_path, value):
    model = build()
    with torch.no_grad():
        model.embedding.weight[3, 2] = value
    with pytest.raises(ValueError, match="embedding.weight holds numbers that are not finite, or too large"):
        save_sentiment(model, Vocabulary(WORDS), CARD, tmp_path / "model.safetensors")


def test_the_shipped_model_is_asked_for_by_default(monkeypatch, saved):
    monkeypatch.setattr(pretrained, "SHIPPED", saved)
    assert len(load_sentiment()[1]) == len(WORDS) + 2


def test_the_shipped_model_reads_and_its_card_says_how_it_was_made():
    model, vocabulary, card = load_sentiment()
    assert SHIPPED.stat().st_size <= 6e6 and len(vocabulary) == model.embedding.num_embeddings
    assert card["scores"] and card["command"].startswith("python ")
    ids = np.stack([vocabulary.encode(f"this film was {word}".split()) for word in ("wonderful", "awful")])
    wonderful, awful = predict_logits(model, ids, np.array([4, 4]))
    assert awful < 0 < wonderful


def test_long_texts_are_cut_as_in_the_training_of_the_shipped_model():
    assert load_sentiment()[2]["settings"]["keep"] == list(KEEP)

"""The trained review reader that comes with the course: written once by its benchmark, read by lesson 05."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save

from course_lib.checkpoints import write_whole
from course_lib.models.sentiment import SentimentLSTM
from course_lib.text import Vocabulary

FORMAT = "goldfish-to-lstm sentiment"
VERSION = 1
SHIPPED = Path(__file__).with_name("weights") / "imdb_sentiment.safetensors"
CARD_KEYS = ("data", "settings", "seed", "scores", "seconds", "date", "machine", "command")


class PretrainedError(RuntimeError):
    """A trained model cannot be used; the message says why and what to do about it."""


def card_path(path):
    """Return where the card of the weights at `path` lies: beside them, ending in .json."""
    return Path(path).with_suffix(".json")


def save_sentiment(model, vocabulary, card, path):
    """Write a trained model, its vocabulary and its sizes to one safetensors file, and its card beside it.

    Parameters
    ----------
    model : SentimentLSTM
    vocabulary : Vocabulary
        The words whose ids the model reads. Their counts are not kept.
    card : dict
        Where the model comes from, as JSON takes it: at least "data", "settings", "seed", "scores", "seconds",
        "date", "machine" and "command", the line that trains it anew.
    path : path
        Ends in .safetensors; the card gets the same name with .json.

    Returns
    -------
    dict
        The card as written, with "format", "version", "parameters", "bytes" and "sha256", those of the weights file.

    Notes
    -----
    The word vectors, nearly all of the numbers, are kept in float16, the rest in float32. The loaded model therefore
    differs a little from `model`: the scores in the card should be those of the loaded one. Equal models give equal
    files, byte for byte.
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ValueError(f"the weights' path should end in .safetensors, got {path.name}")
    if missing := [key for key in CARD_KEYS if key not in card]:
        raise ValueError(f"the card lacks {', '.join(missing)}")
    sizes = _sizes(model)
    if len(vocabulary) != sizes["vocab_size"]:
        raise ValueError(f"the vocabulary has {len(vocabulary)} ids and the model {sizes['vocab_size']}")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    _build(sizes).load_state_dict(tensors)  # what these sizes do not describe would be lost
    tensors["embedding.weight"] = tensors["embedding.weight"].half()
    if strange := [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]:
        raise ValueError(f"{strange[0]} holds numbers that are not finite, or too large for float16")
    about = {"format": FORMAT, "version": VERSION, "sizes": sizes, "words": " ".join(vocabulary.words[2:])}
    # one entry only: safetensors writes several in any order, and the file would not be the same twice
    raw = save(tensors, {"about": json.dumps(about, sort_keys=True, ensure_ascii=False)})
    card = dict(card) | {
        "format": FORMAT, "version": VERSION, "parameters": sum(p.numel() for p in model.parameters()),
        "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest(),
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, lambda file: file.write(raw))
    write_whole(card_path(path), lambda file: file.write(text.encode()))
    return card


def load_sentiment(path=None):
    """Read what `save_sentiment` wrote; by default the model that comes with the course. Needs no data, no network.

    Parameters
    ----------
    path : path, optional

    Returns
    -------
    model : SentimentLSTM
        On the CPU, float32, in evaluation mode.
    vocabulary : Vocabulary
    card : dict

    Raises
    ------
    PretrainedError
        If a file is missing, is damaged, does not belong to its card, or was written by another version of the course.
    """
    path = Path(SHIPPED if path is None else path)
    card, raw = _read_card(card_path(path)), _read(path)
    if card.get("format") != FORMAT or card.get("version") != VERSION:
        raise PretrainedError(f"{path.name} is of version {card.get('version')!r} of {card.get('format')!r}, and this "
                              f"course reads version {VERSION} of {FORMAT!r}. Take both from the same release.")
    if hashlib.sha256(raw).hexdigest() != card.get("sha256"):
        raise PretrainedError(f"{path} is not the file that its card describes ({len(raw):,} bytes, the card says "
                              f"{card.get('bytes')}): it is damaged or from another version. {_get_it_back(path)}")
    try:
        with safe_open(path, "pt") as file:
            about = json.loads(file.metadata()["about"])
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}
        model, vocabulary = _build(about["sizes"]), Vocabulary(about["words"].split(" "))
        model.load_state_dict(tensors)
    except Exception as error:
        raise PretrainedError(f"{path} cannot be understood ({type(error).__name__}), though it is whole. Take the "
                              "course and its weights from the same release.") from error
    return model.eval(), vocabulary, card


def _sizes(model):
    if type(model) is not SentimentLSTM:
        raise TypeError(f"save_sentiment takes a SentimentLSTM, got {type(model).__name__}")
    return {
        "vocab_size": model.embedding.num_embeddings, "embedding_dim": model.embedding.embedding_dim,
        "hidden_size": model.lstm.hidden_size, "num_layers": model.lstm.num_layers, "pooling": model.pooling,
    }


def _build(sizes):
    with torch.random.fork_rng(devices=[]):  # the weights drawn here are replaced; the caller's draws stay as they are
        return SentimentLSTM(**sizes)


def _get_it_back(path):
    return ("Get it back with `git checkout -- course_lib/weights`, or install the course anew."
            if path.parent == SHIPPED.parent else "Write it anew with save_sentiment, or copy it again.")


def _read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise PretrainedError(f"{path} is not there. {_get_it_back(path)}") from None
    except OSError as error:
        raise PretrainedError(f"{path} cannot be read ({error.strerror or error}).") from error


def _read_card(path):
    try:
        card = json.loads(_read(path).decode())
    except ValueError:
        card = None
    if not isinstance(card, dict):
        raise PretrainedError(f"{path} is no card: it should hold one JSON object. {_get_it_back(path)}")
    return card

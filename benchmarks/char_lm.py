"""How well can it predict the next character? Counting and networks, side by side, on tinyshakespeare.

    python benchmarks/char_lm.py [--json FILE] [--only KEY] [--seeds 3] [--choose KEY]

The first 90 % of the text is to learn from, the last 10 % is read once, after training, under three rules:

fresh     windows of 64 characters that do not overlap, each from a zero state, all positions counted
fresh256  the same with windows of 256
carried   one pass over the text with the state kept all along

Settings are chosen with `--choose`, which trains the candidates of a key on the first 90 % of the training text
and prints their loss on the rest of it; it never reads the last 10 % of the whole.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from record import RESULTS, provenance, write_results

from course_lib.baselines.ngrams import SMOOTHINGS, NGram
from course_lib.characters import CharVocabulary
from course_lib.datasets import load_text
from course_lib.models.characters import CharLSTM, NextCharacter, carried_nats, fresh_nats
from course_lib.training import Settings, fit


@dataclass(frozen=True)
class Recipe:
    """How one model is made and trained."""

    hidden_size: int
    learning_rate: float
    embedding_dim: int = 64
    dropout: float = 0.0
    epochs: int = 5
    batch_size: int = 32
    seq_len: int = 64

    def model(self, vocab_size):
        return CharLSTM(vocab_size, self.embedding_dim, self.hidden_size, dropout=self.dropout)


RECIPES = {
    "lstm": Recipe(hidden_size=384, learning_rate=4e-3),
    "notebook": Recipe(hidden_size=256, learning_rate=5e-3),
}
CANDIDATES = {
    "lstm": [{}, {"learning_rate": 3e-3}, {"dropout": 0.1}],
    "notebook": [{}, {"learning_rate": 3e-3}, {"dropout": 0.1}],
}


def train(recipe, ids, vocab_size, seed):
    """Return a model trained on `ids`, the seconds it took and the characters it read a second."""
    torch.manual_seed(seed)
    model = recipe.model(vocab_size)
    objective = NextCharacter(ids, batch_size=recipe.batch_size, seq_len=recipe.seq_len)
    settings = Settings(epochs=recipe.epochs, learning_rate=recipe.learning_rate, seed=seed)
    seconds = fit(model, objective, settings, progress=False).seconds
    characters = recipe.epochs * objective.num_batches * recipe.batch_size * recipe.seq_len
    return model, seconds, characters / seconds


def measure(recipe, train_ids, valid_ids, vocab_size, seeds):
    """Train a recipe from each seed; return one list a measure."""
    rows = []
    for seed in seeds:
        model, seconds, speed = train(recipe, train_ids, vocab_size, seed)
        rows.append({"fresh_nats": round(fresh_nats(model, valid_ids, 64), 4),
                     "fresh256_nats": round(fresh_nats(model, valid_ids, 256), 4),
                     "carried_nats": round(carried_nats(model, valid_ids), 4),
                     "train_seconds": round(seconds, 1), "tokens_per_second": round(speed)})
        print(f"  seed {seed}: {rows[-1]}", flush=True)
    return {name: [row[name] for row in rows] for name in rows[0]} | {
        "seeds": list(seeds), "parameters": sum(p.numel() for p in model.parameters()), "recipe": vars(recipe)}


def ngram_lines(train_ids, valid_ids, vocab_size):
    """Return the loss of every n-gram model from 1 to 7 characters, under the three rules."""
    rows = []
    for smoothing in SMOOTHINGS:
        for order in range(1, 8):
            model = NGram(order, vocab_size, smoothing).fit(train_ids)
            rules = {"fresh_nats": 64, "fresh256_nats": 256, "carried_nats": None}
            rows.append({"smoothing": smoothing, "order": order,
                         **{name: round(model.nats(valid_ids, reset), 4) for name, reset in rules.items()}})
            print(f"  {rows[-1]}", flush=True)
    return rows


def choose(key, train_ids, vocab_size):
    """Print what each candidate of `key` scores on the last tenth of the training text."""
    cut = int(0.9 * len(train_ids))
    for change in CANDIDATES[key]:
        model, seconds, _ = train(replace(RECIPES[key], **change), train_ids[:cut], vocab_size, seed=0)
        print(f"{key} {change or 'as it is'}: carried {carried_nats(model, train_ids[cut:]):.4f} nats, "
              f"{seconds:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", default=RESULTS / "char_lm.json", metavar="FILE", type=Path)
    parser.add_argument("--only", choices=["ngrams", *RECIPES], metavar="KEY",
                        help=f"one of ngrams, {', '.join(RECIPES)}; the rest of FILE stays as it is")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--choose", choices=CANDIDATES, metavar="KEY", help="compare settings; writes nothing")
    args = parser.parse_args()

    text = load_text()
    if not text.is_real:
        parser.error("tinyshakespeare is not here; get it with `make data`, or set COURSE_DATA")
    vocabulary = CharVocabulary(text.text)
    train_ids, valid_ids = np.split(vocabulary.encode(text.text), [int(0.9 * len(text.text))])
    if args.choose:
        return choose(args.choose, train_ids, len(vocabulary))

    results = json.loads(args.json.read_text(encoding="utf-8")) if args.only and args.json.exists() else {}
    for key in [args.only] if args.only else ["ngrams", *RECIPES]:
        print(key, flush=True)
        if key == "ngrams":
            results[key] = {"rows": ngram_lines(train_ids, valid_ids, len(vocabulary))}
        else:
            results[key] = measure(RECIPES[key], train_ids, valid_ids, len(vocabulary), range(args.seeds))
            results[key]["threads"] = torch.get_num_threads()
        results[key] |= provenance()  # each key its own: `--only` leaves older ones as they are
        write_results(args.json, results, stamp=False)


if __name__ == "__main__":
    main()

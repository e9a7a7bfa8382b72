"""Who reads film reviews best? Test accuracy on IMDB beside seconds of training, memory and parameters.

    python benchmarks/sentiment.py [--json FILE] [--only KEY]

Every model learns from the same 90 % of the training reviews. The other 10 %, which share no film with them, are for
validation: settings were chosen there. The test set is read once, by the model that training ends with. Seconds are
those of training, without loading and testing; memory is the peak of a process of its own. Naive Bayes and the linear
model do not depend on a seed; theirs decides the validation split only.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from record import RESULTS, provenance, write_results

from course_lib.baselines.words import BagOfNGrams, LinearNGrams, NaiveBayes, select
from course_lib.datasets import load_reviews
from course_lib.text import encode_reviews, film_split

VOCAB_SIZE, MAX_LEN, KEEP = 20_000, 400, (100, 300)


def split(reviews, seed):
    return film_split(reviews.train.films, 0.1, np.random.default_rng(seed))


def run_bag(reviews, seed, model, max_n):
    """Train a model on bags of n-grams; return its scores."""
    tokens, labels, test_labels = reviews.corpus.train, reviews.train.labels, reviews.test.labels
    train, val = split(reviews, seed)
    start = time.perf_counter()
    texts = select(tokens, train)
    bag = BagOfNGrams(max_n).fit(texts)
    model.fit(bag.transform(texts), labels[train])
    seconds = time.perf_counter() - start

    def accuracy(texts, labels):
        return float(((model.logits(bag.transform(texts)) > 0) == (labels == 1)).mean())

    return dict(test_accuracy=accuracy(reviews.corpus.test, test_labels),
                validation_accuracy=accuracy(select(tokens, val), labels[val]),
                train_seconds=seconds, parameters=sum(map(len, bag.keys)) + 1)


def run_network(reviews, seed, build, settings):
    """Train a network; return its scores."""
    import torch

    from course_lib.models.sentiment import ReviewObjective, evaluate
    from course_lib.training import Settings, fit

    encoded = encode_reviews(reviews, VOCAB_SIZE, MAX_LEN, KEEP)
    train, val = ([array[part] for array in encoded.train] for part in split(reviews, seed))
    torch.manual_seed(seed)
    model = build(len(encoded.vocabulary))
    history = fit(model, ReviewObjective(train, val), Settings(**settings, seed=seed), device="cpu")
    return dict(test_accuracy=evaluate(model, *encoded.test)["accuracy"],
                validation_accuracy=evaluate(model, *val)["accuracy"],
                train_seconds=history.seconds, parameters=sum(p.numel() for p in model.parameters()))


def naive_bayes(reviews, seed):
    return run_bag(reviews, seed, NaiveBayes(), max_n=1)


def linear(reviews, seed):
    return run_bag(reviews, seed, LinearNGrams(C=0.1), max_n=3)


def mean_embedding(reviews, seed):
    from course_lib.models import MeanEmbedding

    return run_network(reviews, seed, lambda size: MeanEmbedding(size, word_dropout=0.3, dropout=0.5),
                       dict(epochs=8, learning_rate=4e-3, patience=2))


def lstm(reviews, seed):
    from course_lib.models import SentimentLSTM

    return run_network(reviews, seed, lambda size: SentimentLSTM(size, word_dropout=0.2, dropout=0.5),
                       dict(epochs=3, learning_rate=4e-3))


MODELS = {"naive_bayes": naive_bayes, "linear": linear, "mean_embedding": mean_embedding, "lstm": lstm}


def run_alone(key, seed):
    """Run one model with one seed in a process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        command = [sys.executable, __file__, "--run", key, str(seed), str(path)]
        subprocess.run(command, check=True)
        return json.loads(path.read_text())


def run_here(key, seed, path):
    reviews = load_reviews()
    if not reviews.is_real:
        sys.exit(f"This benchmark is about IMDB. {reviews.source}")
    result = MODELS[key](reviews, seed)
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result["peak_mib"] = round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
    Path(path).write_text(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", default=RESULTS / "sentiment.json", metavar="FILE")
    parser.add_argument("--only", choices=MODELS, metavar="KEY", help=f"one of {', '.join(MODELS)}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--run", nargs=3, metavar=("KEY", "SEED", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        return run_here(args.run[0], int(args.run[1]), args.run[2])
    path = Path(args.json)
    results = json.loads(path.read_text(encoding="utf-8")) if args.only and path.exists() else {}
    for key in [args.only] if args.only else MODELS:
        runs = [run_alone(key, seed) for seed in range(args.seeds)]
        results[key] = {name: [run[name] for run in runs]
                        for name in ("test_accuracy", "validation_accuracy", "train_seconds")}
        results[key] |= {name: max(run[name] for run in runs) for name in ("parameters", "peak_mib")}
        results[key] |= provenance()  # each key its own: `--only` leaves older ones as they are
        print(f"{key:15} test {' '.join(f'{a:.4f}' for a in results[key]['test_accuracy'])}  "
              f"{max(results[key]['train_seconds']):6.1f} s  {results[key]['peak_mib']} MiB", flush=True)
        write_results(path, results, stamp=False)


if __name__ == "__main__":
    main()

"""How long do they remember? Delayed recall for five networks, six delays, five seeds, in NumPy.

    python benchmarks/recall.py [--json FILE] [--seeds 5] [--steps 2000]

Every network has 32 units and sees the same number of batches of 32, never the same one twice: Adam at 0.005, clipping
at 1. Training stops early once the last 50 batches were answered 99 % right. The score is the share of right answers on
2,000 new sequences. Chance is 1/8.
"""

import argparse
import time

import numpy as np
from record import RESULTS, write_results

from course_lib.lstm import LSTM
from course_lib.network import Network, train
from course_lib.rnn import RNN
from course_lib.tasks import delayed_recall

DELAYS = (5, 10, 20, 50, 100, 200)
MODELS = {
    "RNN, default start": lambda rng, delay: RNN(16, 32, rng=rng, dtype=np.float32),
    "RNN, orthogonal start": lambda rng, delay: RNN(16, 32, rng=rng, dtype=np.float32, recurrent="orthogonal"),
    "LSTM, default start": lambda rng, delay: LSTM(16, 32, rng=rng, dtype=np.float32),
    "LSTM, forget bias 1": lambda rng, delay: LSTM(16, 32, rng=rng, dtype=np.float32, forget_bias=1.0),
    "LSTM, chrono start": lambda rng, delay: LSTM(16, 32, rng=rng, dtype=np.float32, chrono=max(delay, 3)),
}


def score(network, delay, rng, count=2000):
    """Return the share of right answers on new sequences."""
    ids, targets = delayed_recall(count, delay, rng)
    logits, _, _ = network.forward(ids)
    return float((logits[-1].argmax(axis=-1) == targets).mean())


def run(model, delay, seed, steps):
    """Train one network from one seed; return its accuracy, the steps it took and the seconds."""
    rng = np.random.default_rng([seed, delay])
    network = Network(MODELS[model](rng, delay), 8, rng)
    start = time.perf_counter()
    _, accuracies = train(network, lambda: delayed_recall(32, delay, rng), steps, solved=0.99)
    seconds = time.perf_counter() - start
    return score(network, delay, np.random.default_rng([seed, delay, 1])), len(accuracies), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", default=RESULTS / "recall.json", metavar="FILE")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2000)
    args = parser.parse_args()
    rows = []
    for model in MODELS:
        for delay in DELAYS:
            runs = [run(model, delay, seed, args.steps) for seed in range(args.seeds)]
            accuracy, steps, seconds = zip(*runs)
            rows.append(dict(model=model, delay=delay, accuracy=accuracy, steps=steps,
                             seconds=[round(s, 2) for s in seconds]))
            solved = sum(a >= 0.99 for a in accuracy)
            print(f"{model:22} delay {delay:3}: {solved} of {args.seeds} solved; "
                  f"accuracy {' '.join(f'{a:.2f}' for a in sorted(accuracy))}; {sum(seconds):.0f} s", flush=True)
    write_results(args.json, {"chance": 1 / 8, "max_steps": args.steps, "rows": rows})


if __name__ == "__main__":
    main()

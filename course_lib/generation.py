"""Writing with a character model: from logits to a choice, and from one choice to the next."""

from itertools import islice

import numpy as np


def sampling_distribution(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the probabilities that a character is drawn from.

    Parameters
    ----------
    logits : array of float, shape (V,)
    temperature : float
        The logits are divided by it before the softmax: below 1 the favourites gain, above 1 the rest does.
    top_k : int or None
        Keep only the `top_k` most probable characters.
    top_p : float or None
        Keep only the most probable characters that are needed to reach the probability `top_p` together.

    Returns
    -------
    array of float64, shape (V,)
        What is kept, scaled to sum to 1. With both limits a character must pass both.

    Notes
    -----
    Taught in notebook 06. `top_p` is also called nucleus sampling: Holtzman et al., The Curious Case of
    Neural Text Degeneration, ICLR 2020.
    """
    logits = np.asarray(logits, dtype=np.float64)
    _check(logits, temperature, top_k, top_p)
    p = np.exp((logits - logits.max()) / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    if top_p is not None:
        needed = np.searchsorted(np.cumsum(p[order]), top_p) + 1
        p[order[needed:]] = 0
    if top_k is not None:
        p[order[top_k:]] = 0
    return p / p.sum()


def sample_logits(logits, temperature=1.0, top_k=None, top_p=None, rng=None):
    """Draw one id, an int, from the `sampling_distribution` of these arguments.

    `rng` is a NumPy Generator; None takes a new one each time, so that the draw cannot be repeated.
    """
    p = sampling_distribution(logits, temperature, top_k, top_p)
    rng = np.random.default_rng() if rng is None else rng
    return int(rng.choice(len(p), p=p))


def next_logits(model, vocabulary, prompt):
    """Return the logits, float64 of shape (V,), of what comes after `prompt`; arguments as in `stream`."""
    return _read(model, _encoded(vocabulary, prompt), None)[0]


def stream(model, vocabulary, prompt="\n", *, temperature=1.0, top_k=None, top_p=None, rng=None):
    """Write without end: an iterator of characters, each drawn after the prompt and those before it.

    Parameters
    ----------
    model : torch.nn.Module
        ``model(ids, state) -> logits, state`` with ids (1, T) and logits (1, T, V), such as a CharLSTM.
    vocabulary : CharVocabulary
    prompt : str
        What the model reads first, at least one character. It sets the scene and is not a random seed: with
        another `rng` the same prompt goes on differently.
    temperature, top_k, top_p, rng
        As in `sample_logits`.

    Notes
    -----
    The prompt is read once. After that the model reads one character a step, since the state holds all that
    it keeps of the text so far: the thousandth character costs what the first one did.
    """
    rng = np.random.default_rng(rng)  # a generator stays as it is, a whole number becomes a seed
    return _stream(model, vocabulary, _encoded(vocabulary, prompt), temperature, top_k, top_p, rng)


def generate(model, vocabulary, prompt="\n", n=200, **how):
    """Return the `n` characters that `stream` writes after `prompt`; the keywords are those of `stream`."""
    return "".join(islice(stream(model, vocabulary, prompt, **how), n))


def _stream(model, vocabulary, ids, temperature, top_k, top_p, rng):
    state = None
    while True:
        logits, state = _read(model, ids, state)
        ids = np.array([sample_logits(logits, temperature, top_k, top_p, rng)])
        yield vocabulary.decode(ids)


def _read(model, ids, state):
    """Let the model read `ids` (T,), dropout off; return its last logits as an array (V,), and its state."""
    import torch

    was_training = model.training
    model.eval()
    with torch.inference_mode():
        logits, state = model(torch.as_tensor(ids, device=next(model.parameters()).device)[None], state)
    model.train(was_training)
    return logits[0, -1].double().cpu().numpy(), state


def _encoded(vocabulary, prompt):
    if not prompt:
        raise ValueError("the prompt is empty; give at least one character to start from")
    return vocabulary.encode(prompt)


def _check(logits, temperature, top_k, top_p):
    if logits.ndim != 1 or not logits.size:
        raise ValueError(f"logits have shape {logits.shape}; give one row, shape (V,)")
    if not np.isfinite(logits).all():
        raise ValueError("some logits are not finite; the model that made them has probably diverged")
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; give a number above 0 (for argmax, top_k=1)")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}; keep at least 1 character")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}; give a probability above 0 and at most 1")

"""Units of a character model: what each does at every letter, whether it tracks something, who would miss it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from course_lib.models.characters import CharLSTM

ROWS = 4096  # so many characters are correlated at once


# What a reader of the text could track. At t each feature knows the characters up to t, that one included, and no more.

def _marks(text):
    """Return the characters of a text as an array (N,)."""
    if not isinstance(text, str) or not text:
        raise ValueError(f"a feature is read off a text of at least one character, got {text!r:.40}")
    return np.array(list(text))


def _last(mark):
    """Return where the last True up to each place is; -1 where there was none (N,)."""
    return np.maximum.accumulate(np.where(mark, np.arange(len(mark)), -1))


def _count_since(what, start):
    """Count True in `what` after place `start[t]`, up to t and with it (N,)."""
    total = np.append(0, np.cumsum(what))
    return total[1:] - total[start + 1]


def _blank(marks):
    newline = marks == "\n"
    return newline & np.append(False, newline[:-1])


def _line(marks):
    return _count_since(marks == "\n", _last(_blank(marks)))


def _letters(marks):
    return np.char.isalpha(marks) | (marks == "'")


def in_name(text):
    """Say where a speaker's name stands: in the first line after a blank one, before its colon; bool (N,)."""
    marks = _marks(text)
    return (_line(marks) == 0) & (marks != "\n") & (_last(marks == ":") <= _last(marks == "\n"))


def in_speech(text):
    """Say where somebody speaks: from the end of a line like ``NAME:`` up to the next blank line; bool (N,)."""
    marks = _marks(text)
    opens = (marks == "\n") & (np.append("", marks[:-1]) == ":") & (_line(marks) == 1)
    return _last(opens) > _last(_blank(marks))


def in_first_line(text):
    """Say where the first line of a speech is; bool (N,)."""
    return in_speech(text) & (_line(_marks(text)) == 1)


def line_number(text):
    """Count the line ends since the last blank line; int (N,)."""
    return _line(_marks(text))


def line_position(text):
    """Count the characters since the last line end, 0 at the line end itself; int (N,)."""
    marks = _marks(text)
    return np.arange(len(marks)) - _last(marks == "\n")


def after_colon(text):
    """Say whether a colon stands in the line as far as it was read; bool (N,)."""
    marks = _marks(text)
    return _last(marks == ":") > _last(marks == "\n")


def blank_line(text):
    """Say where a blank line was just passed: at the second of two line ends; bool (N,)."""
    return _blank(_marks(text))


def in_word(text):
    """Say where a letter or an apostrophe stands; bool (N,)."""
    return _letters(_marks(text))


def word_position(text):
    """Count the letters of the word so far, 0 outside; int (N,)."""
    marks = _marks(text)
    return np.arange(len(marks)) - _last(~_letters(marks))


def in_capitalised(text):
    """Say where the word so far began with a capital; bool (N,)."""
    marks = _marks(text)
    letters = _letters(marks)
    first = np.minimum(_last(~letters) + 1, len(marks) - 1)
    return letters & np.char.isupper(marks[first])


def sentence_position(text):
    """Count the characters since the last full stop, question mark or exclamation mark; int (N,)."""
    marks = _marks(text)
    return np.arange(len(marks)) - _last(np.isin(marks, list(".?!")))


def in_parentheses(text):
    """Say where a parenthesis is open; a blank line closes all; bool (N,)."""
    marks = _marks(text)
    start = _last(_blank(marks))
    return _count_since(marks == "(", start) > _count_since(marks == ")", start)


def in_quotes(text):
    """Say where a straight double quotation mark is open; a blank line closes it; bool (N,)."""
    marks = _marks(text)
    return _count_since(marks == '"', _last(_blank(marks))) % 2 == 1


def indentation(text):
    """Count the spaces at the beginning of the line, as far as it was read; int (N,)."""
    marks = _marks(text)
    start = _last(marks == "\n")
    return _count_since((marks == " ") & (_last(marks != " ") == start), start)


FEATURES = {
    "inside a speaker's name": in_name, "inside a speech": in_speech, "first line of a speech": in_first_line,
    "lines since a blank line": line_number, "place in the line": line_position, "colon in this line": after_colon,
    "blank line just passed": blank_line, "place in the sentence": sentence_position, "inside a word": in_word,
    "place in the word": word_position, "word with a capital": in_capitalised,
    "inside parentheses": in_parentheses, "inside quotes": in_quotes, "indentation": indentation,
}


def text_features(text, min_share=0.005):
    """Return every feature that can be looked for in a text.

    Parameters
    ----------
    text : str (N,)
    min_share : float
        A feature that has its most frequent value nearly everywhere, on all but this share of the text, is left out:
        no unit can be judged by a handful of places. Each half of the text must have that much.

    Returns
    -------
    features : dict of str to float32 array (N,)
    absent : list of str
        The names of those left out.
    """
    features, absent = {}, []
    for name, feature in FEATURES.items():
        values = feature(text)
        halves = np.array_split(values, 2)
        rare = any((half != np.bincount(half.astype(np.int64)).argmax()).mean() < min_share for half in halves)
        if rare:
            absent.append(name)
        else:
            features[name] = values.astype(np.float32)
    return features, absent


class UnitReading(NamedTuple):
    """What a model did while it read N characters."""

    states: np.ndarray    # (N, num_layers * H) after each character; the first H columns are the lowest layer's
    surprise: np.ndarray  # (N - 1,) nats: number t is what character t + 1 cost after reading characters 0 to t


def read_units(model, ids, *, keep="tanh", streams=16, warm_up=128, dtype=np.float32):
    """Read a text once, and keep what every unit does at every character.

    Parameters
    ----------
    model : CharLSTM
        With any number of layers; its weights do not change, and dropout is off.
    ids : int array (N,)
    keep : {"tanh", "c", "h"}
        What of each unit: tanh(c), its cell state as the rest of the network gets to see it, through the output gate;
        the cell state c itself, which may count far beyond what tanh lets through; or the hidden state h.
    streams : int
        The text is cut into so many pieces that are read side by side, which is several times faster. Each starts
        `warm_up` characters early, from a state of zeros, to be in the state that it would have had. With 1 the state
        is carried through the whole text.
    warm_up : int
    dtype : {float32, float16}
        Of the states. For N characters, L layers of H units they take ``4 * N * L * H`` bytes, or half of that.

    Returns
    -------
    UnitReading

    Notes
    -----
    `nn.LSTM` returns the cell state after the last character only. So the layer is computed here, from its own weights.
    Taught in notebook 06.
    """
    ids = _expect_readable(model, ids, 1)
    if keep not in ("tanh", "c", "h"):
        raise ValueError(f"keep should be 'tanh', 'c' or 'h', got {keep!r}")
    _expect_whole("streams and warm_up", streams, warm_up)
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"dtype should be a type of float, such as float16, got {np.dtype(dtype)}")
    size, layers = model.lstm.hidden_size, model.lstm.num_layers
    streams = max(1, min(streams, len(ids) // warm_up))
    length = -(-len(ids) // streams)
    states = np.empty((streams, length, layers * size), dtype)
    surprise = np.empty((streams, length), np.float32)
    for start, piece, nats in _walk(model, _rows(ids, streams, length, warm_up), warm_up, keep):
        states[:, start:start + piece.shape[1]] = piece
        surprise[:, start:start + piece.shape[1]] = nats
    return UnitReading(states.reshape(-1, layers * size)[:len(ids)], surprise.reshape(-1)[:len(ids) - 1])


def _rows(ids, streams, length, warm_up):
    """Return ids (streams, warm_up + length + 1): each row with those before it, and the one after it."""
    padded = np.concatenate([np.zeros(warm_up, np.int64), ids, np.zeros(streams * length + 1 - len(ids), np.int64)])
    return np.stack([padded[k * length:(k + 1) * length + warm_up + 1] for k in range(streams)])


@torch.inference_mode()
def _walk(model, rows, warm_up, keep=None, held=None, first=slice(0, 1), piece=64):
    """Read ids (S, warm_up + T + 1); yield, after the warm-up, where a piece starts, its states and its surprise.

    `first` are the rows that stand at the head of the text: their warm-up is padding, and what it did is forgotten.
    `held` is (layer, unit, value), each (S,): in row s this unit's cell state is held at this value; layer -1: nothing.
    """
    device = next(model.parameters()).device
    rows, lstm = torch.as_tensor(rows, device=device), model.lstm
    zeros = torch.zeros(len(rows), lstm.hidden_size, device=device)
    state = [(zeros, zeros)] * lstm.num_layers
    edges = sorted({0, *range(warm_up, rows.shape[1] - 1, piece), rows.shape[1] - 1})
    for start, end in zip(edges, edges[1:]):
        if start == warm_up:
            for h, c in state:
                h[first] = c[first] = 0
        x, kept = model.embedding(rows[:, start:end]), []
        for layer in range(lstm.num_layers):
            here = None
            if held is not None:
                at = np.flatnonzero(held[0] == layer)
                here = at, held[1][at], torch.as_tensor(held[2][at], dtype=x.dtype, device=device)
            hidden, cell, state[layer] = _layer(lstm, layer, x, state[layer], here)
            x = hidden
            if keep and start >= warm_up:
                kept.append({"tanh": cell.tanh(), "c": cell, "h": hidden}[keep])
        if start >= warm_up:
            logits = model.head(x)
            right = logits.gather(2, rows[:, start + 1:end + 1, None])[:, :, 0]
            nats = (logits.logsumexp(2) - right).cpu().numpy()
            if not np.isfinite(nats).all():
                raise ValueError("what the model says is not finite; its training has probably diverged")
            yield start - warm_up, torch.cat(kept, dim=2).cpu().numpy() if kept else None, nats


def _layer(lstm, layer, x, state, held):
    """Run one layer over x (S, T, D): its hidden and cell states (S, T, H), and the last of each."""
    into, within, *bias = (getattr(lstm, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih",
                                                                          "bias_hh"))
    inputs, within = x @ into.T + sum(bias), within.T
    h, c = state
    hidden, cell = [], []
    for step in inputs.unbind(1):
        i, f, g, o = torch.addmm(step, h, within).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        if held is not None:
            c[held[0], held[1]] = held[2]
        h = o.sigmoid() * c.tanh()
        hidden.append(h)
        cell.append(c)
    return torch.stack(hidden, 1), torch.stack(cell, 1), (h, c)


def untrained_twin(model, seed=0):
    """Return a CharLSTM of the same sizes as `model` with the weights that it would have before training."""
    _expect_readable(model, np.zeros(1, np.int64), 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CharLSTM(model.embedding.num_embeddings, model.embedding.embedding_dim, model.lstm.hidden_size,
                        model.lstm.num_layers).eval()


@dataclass(frozen=True, eq=False)
class UnitSearch:
    """For each of F features the unit that tracks it best, and how far to believe that; `print` shows a table.

    All scores are correlations r, from −1 to 1. All but `chosen` are on the half that no choice has seen.

    Attributes
    ----------
    names : tuple of str (F,)
    unit : int array (F,)
        Column of the states.
    sign : int array (F,)
        −1 where the unit is low while the feature is high.
    chosen : float array (F,)
        abs(r) on the first half, by which the unit was chosen.
    held_out : float array (F,)
        sign * r on the second half; below 0 if the relation has turned round.
    chance : float array (F,)
        The best `held_out` that the same search found for any of the shifted copies of the feature.
    letter, context : float arrays (F,)
        The same r for the best guess from the current character alone, and from the last few.
    last : int
        How many characters "the last few" are.
    """

    names: tuple
    unit: np.ndarray
    sign: np.ndarray
    chosen: np.ndarray
    held_out: np.ndarray
    chance: np.ndarray
    letter: np.ndarray
    context: np.ndarray
    last: int

    def __getitem__(self, name):
        """Return (unit, sign) found for a feature; a KeyError names the features there are."""
        if name not in self.names:
            raise KeyError(f"{name!r} was not searched for; there is {', '.join(map(repr, self.names))}")
        k = self.names.index(name)
        return int(self.unit[k]), int(self.sign[k])

    def beyond(self, untrained=0.0):
        """Return the names of the features that the unit tracks better than chance and both rivals.

        `untrained` may be the `held_out` (F,) of the same search in an untrained network, one rival more.
        """
        rivals = np.maximum.reduce([self.chance, self.letter, self.context, np.broadcast_to(untrained, len(self.unit))])
        return [name for name, better in zip(self.names, self.held_out > rivals) if better]

    def __str__(self):
        head = ("feature", "unit", "chosen", "held out", "chance", "letter", f"last {self.last}")
        lines = ["{:<26}{:>5}{:>9}{:>10}{:>8}{:>8}{:>8}".format(*head)]
        for k, name in enumerate(self.names):
            numbers = (self.chosen[k], self.held_out[k], self.chance[k], self.letter[k], self.context[k])
            lines.append("{:<26}{:>5}{:>9.2f}{:>10.2f}{:>8.2f}{:>8.2f}{:>8.2f}".format(name, self.unit[k], *numbers))
        return "\n".join(lines)


def search_units(states, features, ids, *, shifts=20, last=4, rng=0):
    """For each feature, choose the unit that tracks it best on the first half, and judge it on the second.

    Parameters
    ----------
    states : float array (N, U)
        From `read_units`.
    features : dict of str to array (N,)
        From `text_features`.
    ids : int array (N,)
        The characters, for the rivals that see nothing but the last one, or the last few.
    shifts : int
        For the chance level each feature is moved along the text, its end coming round to its beginning, by this many
        random distances of at least a tenth of the text. What is left is as slow and as frequent as the feature,
        and means nothing.
    last : int
        How many characters the second rival sees.
    rng : int or numpy Generator

    Returns
    -------
    UnitSearch

    Notes
    -----
    A straight-line relation is all that r can see. The rivals take the mean of the feature for each character (or for
    the last few, drawn towards fewer by one imagined sighting) on the first half. They are free to be any function; a
    unit is one number. Taught in notebook 06.

    References
    ----------
    Karpathy, Johnson & Fei-Fei (2015), "Visualizing and understanding recurrent networks", arXiv:1506.02078.
    """
    states, ids, names = np.asarray(states), np.asarray(ids), tuple(features)
    columns = np.stack([np.asarray(features[name], np.float32) for name in names], 1) if names else np.zeros((0, 0))
    if not names or states.ndim != 2 or not len(states) == len(columns) == len(ids):
        raise ValueError(f"need states (N, U), features (N,) and ids (N,) of one text, got states {states.shape}, "
                         f"{len(names)} features of {len(columns)} and ids {ids.shape}")
    if len(states) < 20:
        raise ValueError(f"need at least 20 characters to choose and to judge, got {len(states)}")
    if ids.ndim != 1 or ids.dtype.kind not in "iu" or ids.min() < 0:
        raise ValueError(f"ids should be one row of whole numbers from 0 up, got type {ids.dtype}: {ids!r:.60}")
    if not (np.isfinite(states).all() and np.isfinite(columns).all()):
        raise ValueError("states and features must be finite, got NaN or infinity among them")
    _expect_whole("shifts and last", shifts, last)
    size, half = int(ids.max()) + 1, len(ids) // 2
    most = max(k for k in range(1, min(half, 63)) if k == 1 or size**k < 2**63)  # the code of a context has 63 bits
    if last > most:
        raise ValueError(f"last should be at most {most} for this text, got {last}")
    if constant := [name for name, two in zip(names, _halves(columns)) if two]:
        raise ValueError(f"{constant[0]!r} is the same all over one half of the text; leave it out")
    rng, cut, tenth = np.random.default_rng(rng), len(states) // 2, len(states) // 10
    moved = [np.roll(columns, distance, axis=0) for distance in rng.integers(tenth, len(states) - tenth, shifts)]
    everything = np.concatenate([columns, *moved], axis=1)
    first, second = (_correlations(states[part], everything[part]) for part in (slice(None, cut), slice(cut, None)))
    unit = np.abs(first).argmax(0)
    pick = unit, np.arange(everything.shape[1])
    sign = np.where(first[pick] < 0, -1, 1)
    chosen, held_out = (np.reshape(r, (shifts + 1, len(names))) for r in (np.abs(first[pick]), sign * second[pick]))
    unit, sign = unit[:len(names)], sign[:len(names)]
    rivals = [[_context_score(column, ids, cut, k) for column in columns.T] for k in (1, last)]
    return UnitSearch(names, unit, sign, chosen[0], held_out[0], held_out[1:].max(0), *np.array(rivals), last)


def _halves(columns):
    cut = len(columns) // 2
    return (np.ptp(columns[:cut], axis=0) == 0) | (np.ptp(columns[cut:], axis=0) == 0)


def _correlations(states, columns):
    """Return r of every column of states (N, U) with every one of columns (N, K): (U, K); 0 where nothing varies."""
    def moments(matrix):
        total = sum(matrix[i:i + ROWS].sum(0, dtype=np.float64) for i in range(0, len(matrix), ROWS))
        return total / len(matrix)

    means = moments(states).astype(np.float32), moments(columns).astype(np.float32)
    products, squares, others = 0.0, 0.0, 0.0
    for i in range(0, len(states), ROWS):
        a = states[i:i + ROWS].astype(np.float32) - means[0]
        b = columns[i:i + ROWS].astype(np.float32) - means[1]
        products = products + (a.T @ b).astype(np.float64)
        squares = squares + np.einsum("nu,nu->u", a, a, dtype=np.float64)
        others = others + np.einsum("nk,nk->k", b, b, dtype=np.float64)
    scale = np.sqrt(np.outer(squares, others))
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 1e-12 * len(states))


def _context_score(feature, ids, cut, last):
    """Return r on the second half of the best guess from the last `last` characters, learnt on the first half."""
    size = int(ids.max()) + 1
    guess = np.full(len(ids), feature[:cut].mean(), np.float64)
    key = np.zeros(len(ids), np.int64)
    for k in range(last):
        key[k:] += ids[:len(ids) - k] * size**k  # the context of k + 1 characters
        known, inverse, counts = np.unique(key[k:cut], return_inverse=True, return_counts=True)
        shorter = np.bincount(inverse, guess[k:cut]) / counts
        means = (np.bincount(inverse, feature[k:cut]) + shorter) / (counts + 1)
        place = np.minimum(np.searchsorted(known, key), len(known) - 1)
        seen = known[place] == key
        seen[:k] = False
        guess = np.where(seen, means[place], guess)
    return float(_correlations(guess[cut:, None], feature[cut:, None])[0, 0])


def hold_units(model, ids, units, values, *, streams=8, warm_up=64):
    """Hold one unit at a time at one value while the model reads, and see what the text costs then.

    Parameters
    ----------
    model : CharLSTM
    ids : int array (N,)
    units : sequence of int (K,)
        Columns of the states of `read_units`; None holds nothing.
    values : sequence of float (K,)
        Where tanh(c) of each unit is held, between −1 and 1, for instance at its mean over a text.
    streams, warm_up : int
        As in `read_units`.

    Returns
    -------
    float32 array (K, N - 1)
        The surprise, in nats, at every character but the first, for each of `units`.

    Notes
    -----
    A unit that goes along with something need not be used for it. If holding it still costs nothing there, the model
    knows the thing elsewhere too. Taught in notebook 06.
    """
    ids = _expect_readable(model, ids, 2)
    size, count = model.lstm.hidden_size, model.lstm.hidden_size * model.lstm.num_layers
    if len(units) != len(values) or not len(units):
        raise ValueError(f"need one value a unit, at least one, got {len(units)} units and {len(values)} values")
    values = np.asarray(values, np.float64)
    if not (np.abs(values) <= 1).all():
        raise ValueError(f"tanh(c) can be held between −1 and 1, got {values.tolist()!r:.60}")
    values = np.arctanh(values * 0.999999).astype(np.float32)
    if wrong := [u for u in units if u is not None and not (isinstance(u, (int, np.integer)) and 0 <= u < count)]:
        raise ValueError(f"units are whole numbers, counted from 0 to {count - 1}, got {wrong[0]}")
    _expect_whole("streams and warm_up", streams, warm_up)
    streams = max(1, min(streams, len(ids) // warm_up))
    length = -(-len(ids) // streams)
    flat = np.array([-size if unit is None else unit for unit in units])  # -size: layer -1, which is none
    held = [np.repeat(a, streams) for a in (flat // size, flat % size, values)]
    rows = np.tile(_rows(ids, streams, length, warm_up), (len(units), 1))
    nats = np.concatenate([nats for _, _, nats in _walk(model, rows, warm_up, held=held,
                                                        first=slice(0, None, streams))], axis=1)
    return nats.reshape(len(units), -1)[:, :len(ids) - 1]


class ResetCurve(NamedTuple):
    """What forgetting everything costs, by how much was read since. P places."""

    kept: np.ndarray   # (P, after) nats: number j is what the next character cost after j + 1 of them, state kept
    reset: np.ndarray  # (P, after) the same characters, read from a state of zeros

    def excess(self):
        """Return how many characters were read, in groups, and the mean and standard error of what the reset costs.

        Returns
        -------
        read, mean, error : arrays (G,)
            Groups of characters 1, 2, 3 to 4, 5 to 8 and so on; `read` is the first of each. The error is taken over
            places, since neighbouring characters are not independent.
        """
        extra, after = self.reset - self.kept, self.kept.shape[1]
        starts = [0, *(2**k for k in range(after.bit_length()) if 2**k < after)]
        groups = [extra[:, a:b].mean(1) for a, b in zip(starts, [*starts[1:], after])]
        mean, spread = np.mean(groups, axis=1), np.std(groups, axis=1, ddof=1)
        return np.array(starts) + 1, mean, spread / np.sqrt(len(extra))

    def recovered(self, within=0.1):
        """Return after how many characters the reset costs less than `within` nats a character, from there on.

        That is the first of its group; None if even the last group costs more.
        """
        read, mean, _ = self.excess()
        late = np.flatnonzero(~(mean < within))  # a cost that is not a number is not small
        first = late[-1] + 1 if len(late) else 0
        return int(read[first]) if first < len(read) else None


def reset_in_the_middle(model, ids, at, *, after=128, kept=None):
    """Set the state to zero in the middle of a text, at many places, and compare with a state that was kept.

    Parameters
    ----------
    model : CharLSTM
    ids : int array (N,)
    at : int array (P,)
        Before which characters the state is set to zero, at least 2 places.
    after : int
        How many characters to follow from each place on.
    kept : float array (N - 1,), optional
        The surprise with the state kept, as `read_units` returns it; without it, the text is read here.

    Returns
    -------
    ResetCurve

    Notes
    -----
    Taught in notebook 06.
    """
    ids, at = _expect_readable(model, ids, 2), np.asarray(at)
    if at.ndim != 1 or len(at) < 2 or at.dtype.kind not in "iu" or after < 1:
        raise ValueError(f"at should be at least 2 whole numbers and after at least 1, got {at!r:.60} and {after}")
    if at.min() < 0 or at.max() + after >= len(ids):
        raise ValueError(f"{after} characters and one more must follow each place: give places from 0 to "
                         f"{len(ids) - after - 1}, got {at.min()} to {at.max()}")
    kept = read_units(model, ids).surprise if kept is None else np.asarray(kept)
    if kept.shape != (len(ids) - 1,):
        raise ValueError(f"kept should have one number for each character but the first, ({len(ids) - 1},), "
                         f"got {kept.shape}")
    if not np.isfinite(kept).all():
        raise ValueError("kept should be finite, got NaN or infinity in it")
    rows = np.stack([ids[p:p + after + 1] for p in at])
    nats = np.concatenate([nats for _, _, nats in _walk(model, rows, 0)], axis=1)
    return ResetCurve(np.stack([kept[p:p + after] for p in at]), nats)


def _expect_whole(names, *values):
    if not all(isinstance(value, (int, np.integer)) and value >= 1 for value in values):
        raise ValueError(f"{names} should be whole numbers, at least 1, got {' and '.join(map(str, values))}")


def _expect_readable(model, ids, least):
    lstm = getattr(model, "lstm", None)
    if not isinstance(lstm, torch.nn.LSTM) or lstm.bidirectional or lstm.proj_size or not lstm.bias:
        raise ValueError("units can be read of a CharLSTM, whose layers are plain LSTMs that read forwards, got a "
                         f"{type(model).__name__}")
    ids = np.asarray(ids)
    if ids.ndim != 1 or ids.dtype.kind not in "iu" or len(ids) < least:
        raise ValueError(f"ids should be one row of at least {least} whole numbers, got shape {ids.shape} and type "
                         f"{ids.dtype}")
    if not 0 <= ids.min() <= ids.max() < model.embedding.num_embeddings:
        raise ValueError(f"ids should lie from 0 to {model.embedding.num_embeddings - 1}, got {ids.min()} to "
                         f"{ids.max()}")
    return ids.astype(np.int64)

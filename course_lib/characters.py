"""Characters as ids, a text as batches for a network that carries its state, and what a text copied."""

import numpy as np


class CharVocabulary:
    """The different characters of a text, numbered from 0 in the order of their code points.

    The numbers are labels: that 'b' stands after 'a' means nothing to a model that looks them up.

    Parameters
    ----------
    text : str
        Take the whole text, the part kept for validation too: a character without an id cannot be read.
    """

    def __init__(self, text):
        if not text:
            raise ValueError("the text is empty; a vocabulary needs at least one character")
        self.characters = "".join(sorted(set(text)))
        self._codes = _code_points(self.characters)

    def __len__(self):
        return len(self.characters)

    def __contains__(self, character):
        return character in set(self.characters)

    def encode(self, text):
        """Return the ids of `text`, int64 of shape (N,)."""
        codes = _code_points(text)
        ids = np.minimum(np.searchsorted(self._codes, codes), len(self) - 1)
        strange = self._codes[ids] != codes
        if strange.any():
            known = f": {self.characters!r}" if len(self) <= 200 else ""
            raise ValueError(f"the character {chr(codes[strange][0])!r} is not among the {len(self)} of this "
                             f"vocabulary{known}")
        return ids

    def decode(self, ids):
        """Return the text of `ids`, whole numbers of shape (N,)."""
        ids = _row(ids)
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self):
            raise ValueError(f"ids must lie from 0 to {len(self) - 1}, got {ids.min()} to {ids.max()}")
        return "".join(self.characters[i] for i in ids)


def get_batches(ids, batch_size, seq_len):
    """Cut a text into contiguous streams and walk along all of them at once.

    The text is cut into `batch_size` long pieces, the streams. Batch k holds characters `k * seq_len` to
    `(k + 1) * seq_len` of every stream, so that row b of one batch goes on exactly where row b of the batch
    before it stopped, and a state may be carried from each batch to the next.

    Parameters
    ----------
    ids : array of int, shape (N,)
    batch_size : int
        Number of streams B.
    seq_len : int
        Characters a batch takes from each stream, T.

    Returns
    -------
    list of (inputs, targets)
        Each of shape (B, T); a target is the character that follows its input. The end of the text that does
        not fill a batch is left out. These are views: the text is not copied.
    """
    ids = _row(ids)
    _expect_positive(batch_size=batch_size, seq_len=seq_len)
    per_stream = (len(ids) - 1) // (batch_size * seq_len) * seq_len
    if per_stream == 0:
        raise ValueError(f"got {len(ids)} characters; one batch of {batch_size} streams by {seq_len} needs "
                         f"{batch_size * seq_len + 1}")
    end = batch_size * per_stream
    inputs, targets = ids[:end].reshape(batch_size, -1), ids[1:end + 1].reshape(batch_size, -1)
    return [(inputs[:, t:t + seq_len], targets[:, t:t + seq_len]) for t in range(0, per_stream, seq_len)]


def fresh_windows(ids, length):
    """Return the windows of the *fresh* rule: no overlap, each to be read from a zero state.

    Returns
    -------
    inputs, targets : arrays of int, shape (W, length)
        Every position counts, the first ones too, where a model has hardly any context. Up to `length`
        characters at the end of the text are left out.
    """
    ids = _row(ids)
    _expect_positive(length=length)
    end = (len(ids) - 1) // length * length
    if end == 0:
        raise ValueError(f"got {len(ids)} characters; one window of {length} needs {length + 1}")
    return ids[:end].reshape(-1, length), ids[1:end + 1].reshape(-1, length)


def carried_windows(ids, length=8192):
    """Return the pieces of the *carried* rule: one pass over the text in order, the state kept all along.

    Returns
    -------
    list of (inputs, targets)
        Each of shape (1, length), the last one shorter; together they predict every character but the first.
    """
    ids = _row(ids)
    _expect_positive(length=length)
    if len(ids) < 2:
        raise ValueError(f"got {len(ids)} characters; give at least 2: the first is never predicted")
    return [(ids[None, i:i + length][:, :len(ids) - 1 - i], ids[None, i + 1:i + 1 + length])
            for i in range(0, len(ids) - 1, length)]


def bits_per_char(nats):
    """Convert a loss in nats a character (natural logarithm) to bits a character (logarithm to base 2)."""
    return nats / np.log(2)


def longest_copy(sample, corpus):
    """Return the longest piece of `sample` that stands word for word in `corpus` (both str); of equals the first."""
    start, copied, too_long = 0, 0, len(sample) + 1
    while too_long - copied > 1:
        length = min(2 * copied or 16, (copied + too_long) // 2)  # most copies are short: grow from below
        if places := _copied_places(sample, corpus, length):
            start, copied = places[0], length
        else:
            too_long = length
    return sample[start:start + copied]


def copied_share(sample, corpus, length=20):
    """Return the share, 0 to 1, of the pieces of `length` characters of `sample` that stand in `corpus`."""
    _expect_positive(length=length)
    if len(sample) < length:
        raise ValueError(f"the sample has {len(sample)} characters; it needs at least {length}")
    return len(_copied_places(sample, corpus, length)) / (len(sample) - length + 1)


def _copied_places(sample, corpus, length):
    """Return where the pieces of `length` characters of `sample` begin that stand in `corpus` too, in order."""
    if length > len(corpus):
        return []
    codes, wanted = _piece_codes(corpus, length), _piece_codes(sample, length)
    # A table of a million bits rules out nearly all pieces of the corpus; the rest are compared as they are.
    table = np.zeros(2**20, dtype=bool)
    table[wanted >> 44] = True
    likely = np.flatnonzero(table[codes >> 44])
    likely = likely[np.isin(codes[likely], wanted)]
    _, first = np.unique(codes[likely], return_index=True)
    found = {corpus[i:i + length] for i in likely[first].tolist()}
    return [i for i in range(len(sample) - length + 1) if sample[i:i + length] in found]


def _piece_codes(text, length):
    """Return a 64-bit code for each piece of `length` characters of `text`; equal pieces have equal codes.

    The code of a piece made of two is that of the first times a power of an odd number, plus that of the second;
    so log2(length) rounds are enough.
    """
    block = _code_points(text).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
    factor, codes, done, size = np.uint64(0xBF58476D1CE4E5B9), None, 0, 1
    with np.errstate(over="ignore"):
        while True:
            if length & size:
                codes = block if codes is None else codes[:len(block) - done] * factor + block[done:]
                done += size
            if done == length:
                return codes * np.uint64(0x94D049BB133111EB)  # the upper bits mix all of it
            block = block[:-size] * factor + block[size:]
            factor, size = factor * factor, 2 * size


def _code_points(text):
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32)


def _expect_positive(**sizes):
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")


def _row(ids):
    ids = np.asarray(ids)
    if ids.size == 0:
        ids = ids.astype(np.int64)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise ValueError(f"ids have shape {ids.shape} and type {ids.dtype}; give one row of whole numbers")
    return ids

"""How reviews lie in the cache: plain arrays, mapped into memory, so that nothing is read before it is used."""

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from course_lib.datasets.cache import DataError
from course_lib.text.corpus import Corpus, TokenIds, index_corpus
from course_lib.text.vocabulary import Vocabulary

_GROUPS = {"train": ("train/neg", "train/pos"), "test": ("test/neg", "test/pos"), "unlabelled": ("train/unsup",)}


class Texts(Sequence):
    """Texts that lie one after another in a buffer of UTF-8; each is decoded when it is asked for."""

    def __init__(self, buffer, offsets):
        self._buffer, self._offsets = memoryview(buffer), offsets

    def __len__(self):
        return len(self._offsets) - 1

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(f"there are {len(self)} texts, got index {i}")
        i %= len(self)
        return str(self._buffer[self._offsets[i]:self._offsets[i + 1]], "utf-8")

    def encoded(self):
        """Iterate over the texts as UTF-8 bytes."""
        return (bytes(self._buffer[start:end]) for start, end in pairwise(self._offsets.tolist()))


def save_reviews(folder, texts, films):
    """Write what `course_lib.datasets.imdb.read_reviews` returns; negative and positive reviews take turns."""
    for group, parts in _GROUPS.items():
        in_turn = list(chain.from_iterable(zip(*(texts[part] for part in parts), strict=True)))
        np.save(folder / f"{group}_texts.npy", np.frombuffer(b"".join(in_turn), np.uint8))
        np.save(folder / f"{group}_offsets.npy", np.cumsum([0, *map(len, in_turn)]))
        np.save(folder / f"{group}_films.npy", np.stack([films[part] for part in parts], axis=1).ravel())


def load_texts(folder, group):
    """Return the `Texts` and the films, int64 (N,), of "train", "test" or "unlabelled"."""
    buffer, offsets, films = (_load(folder / f"{group}_{what}.npy") for what in ("texts", "offsets", "films"))
    return Texts(buffer, offsets), np.array(films)


def save_corpus(folder):
    """Tokenise train and test of a folder that `save_reviews` filled; write ids and vocabulary beside them."""
    corpus = index_corpus(*(load_texts(folder, group)[0].encoded() for group in ("train", "test")))
    (folder / "words.txt").write_text("\n".join(corpus.vocabulary.words[2:]), encoding="utf-8", newline="\n")
    np.save(folder / "counts.npy", corpus.vocabulary.counts)
    save_ids(folder, "train", corpus.train)
    save_ids(folder, "test", corpus.test)


def load_corpus(folder):
    """Return the `Corpus` that `save_corpus` wrote."""
    words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
    vocabulary = Vocabulary(words, np.load(folder / "counts.npy"))
    return Corpus(vocabulary, load_ids(folder, "train"), load_ids(folder, "test"))


def save_ids(folder, group, token_ids):
    """Write the `TokenIds` of one group of texts."""
    np.save(folder / f"{group}_ids.npy", token_ids.flat)
    np.save(folder / f"{group}_id_offsets.npy", token_ids.offsets)


def load_ids(folder, group):
    """Return the `TokenIds` that `save_ids` wrote."""
    return TokenIds(_load(folder / f"{group}_ids.npy"), _load(folder / f"{group}_id_offsets.npy"))


def loaded(load, folder, *args):
    """Return ``load(folder, *args)``; turn the many ways in which a damaged file fails into one sentence."""
    try:
        return load(folder, *args)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"The cached copy in {folder} cannot be read ({error}); "
                        "delete this folder and run again.") from error


def _load(path):
    return np.load(path, mmap_mode="r")

"""What every figure shares."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_lib.plotting.style import OKABE_ITO, new_axes, new_figure, show, tidy


def test_new_axes_returns_the_axes_it_is_given():
    _, ax = new_figure()
    assert new_axes(ax) is ax


def test_new_figures_are_unknown_to_pyplot_so_that_none_is_shown_twice():
    before = plt.get_fignums()
    new_axes()
    assert plt.get_fignums() == before


def test_tidy_leaves_what_it_is_not_told():
    ax = new_axes()
    ax.set_xlabel("kept")
    assert tidy(ax, title="new") is ax
    assert (ax.get_xlabel(), ax.get_title()) == ("kept", "new")


def test_the_colours_are_eight_different_ones():
    assert len(set(OKABE_ITO)) == 8


@pytest.mark.parametrize("pick", [lambda ax: ax, lambda ax: ax.figure], ids=["axes", "figure"])
def test_a_shown_figure_carries_its_caption_as_alt_text_and_as_text(pick, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: shown.append((args, kwargs)))
    show(pick(new_axes()), "A line goes up.")
    (bundle,), options = shown[0]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert options["metadata"]["image/png"]["alt"] == "A line goes up."
    assert "A line goes up." in bundle["text/plain"]
    assert shown[1][0][0].data == "*A line goes up.*"


def test_a_shown_figure_keeps_its_colours_in_fewer_bytes(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: shown.append(args[0]))
    ax = new_axes()
    for k, colour in enumerate(OKABE_ITO):
        ax.barh(k, 1, color=colour)
    show(ax, "Eight bars.")
    raw, saved = io.BytesIO(), base64.b64decode(shown[0]["image/png"])
    ax.figure.savefig(raw, format="png", dpi=110, facecolor="white")
    wanted, got = (np.asarray(Image.open(file).convert("RGB")).astype(int) for file in (raw, io.BytesIO(saved)))
    assert len(saved) < 0.7 * len(raw.getvalue()) and np.abs(wanted - got).max() <= 40
    assert np.abs(wanted - got).mean() < 0.2

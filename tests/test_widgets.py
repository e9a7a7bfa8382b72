"""The gate playground: what it computes, says and leaves in a saved page."""

import json
import math
import re
from pathlib import Path

import ipywidgets
import numpy as np
import pytest

from course_lib.lstm import lstm_step
from course_lib.widgets import gate_playground, scalar_step

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def playground():
    return gate_playground()


def test_a_scalar_step_equals_lstm_step_with_the_same_gates():
    f, i, g, o, c = 0.9, 0.3, -0.6, 0.7, 1.8
    bias = np.array([math.log(i / (1 - i)), math.log(f / (1 - f)), math.atanh(g), math.log(o / (1 - o))])
    h_next, c_next = lstm_step(np.zeros((1, 1)), np.zeros((1, 1)), np.full((1, 1), c), *np.zeros((2, 4, 1)), bias)
    step = scalar_step(f, i, g, o, c)
    assert step["c_next"] == pytest.approx(c_next.item(), abs=1e-12)
    assert step["h_next"] == pytest.approx(h_next.item(), abs=1e-12)


def test_there_is_a_slider_for_each_gate_the_candidate_and_the_cell_state(playground):
    assert set(playground.sliders) == set("figoc")
    assert all(isinstance(slider, ipywidgets.FloatSlider) for slider in playground.sliders.values())
    assert [(s.min, s.max) for s in map(playground.sliders.get, "fgc")] == [(0, 1), (-1, 1), (-2, 2)]


def test_every_slider_can_be_named_and_stepped_from_the_keyboard(playground):
    assert all(slider.description and slider.readout and slider.step == 0.05 for slider in playground.sliders.values())


def test_moving_a_slider_changes_picture_and_sentence(playground):
    before = playground.picture.value
    playground.sliders["f"].value = 0.0
    after = playground.picture.value
    assert "0.00 of it is kept" in after
    assert re.search(r"base64,([^\"]+)", before).group(1) != re.search(r"base64,([^\"]+)", after).group(1)


def test_the_sentence_is_the_alt_text_and_is_spoken(playground):
    alt = re.search(r'alt="([^"]+)"', playground.picture.value).group(1)
    assert alt.startswith("The cell held 1.50; 1.50 of it is kept and 0.00 is written")
    assert f'<p aria-live="polite">{alt}</p>' in playground.picture.value


def test_without_a_kernel_a_sentence_stands_in_its_place(playground):
    assert "picture below needs none" in playground._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_saved_notebook_holds_no_dead_widget(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = [out for cell in notebook["cells"] for out in cell.get("outputs", [])]
    assert not [out for out in outputs if "application/vnd.jupyter.widget-view+json" in out.get("data", {})]
    assert "widgets" not in notebook["metadata"]

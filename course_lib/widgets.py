"""Sliders over the course's figures: each a thin shell, usable from the keyboard, that says in words what it shows."""

import base64
import html
import io
import math

import ipywidgets
from matplotlib.figure import Figure

from course_lib.plotting.gates import plot_step, two_places


class Playground(ipywidgets.VBox):
    """Sliders over a picture, with a sentence under it that a screen reader speaks.

    Parameters
    ----------
    draw : callable
        Takes the sliders' values by name and ``ax``, empty axes to draw on.
    describe : callable
        Takes the same, returns the sentence.
    sliders : dict of str to FloatSlider
        Tab moves between them, the arrow keys move one; their numbers can be typed too.
    fallback : str
        What stands in the page where no kernel answers.
    """

    def __init__(self, draw, describe, sliders, fallback):
        self.draw, self.describe, self.sliders, self.fallback = draw, describe, sliders, fallback
        # one figure with fixed margins for all pictures: laying it out anew would take longer than drawing it
        self.axes = Figure(figsize=(7.0, 3.2)).add_axes((0.09, 0.18, 0.89, 0.78))
        self.picture = ipywidgets.HTML()
        for slider in sliders.values():
            slider.observe(self.refresh, names="value")
        super().__init__([*sliders.values(), self.picture])
        self.refresh()

    def refresh(self, change=None):
        """Draw the picture for the sliders as they stand."""
        values = {name: slider.value for name, slider in self.sliders.items()}
        sentence = html.escape(self.describe(**values))
        self.axes.clear()
        self.draw(**values, ax=self.axes)
        self.picture.value = (
            f'<img alt="{sentence}" style="max-width: 100%" src="data:image/png;base64,{_png(self.axes.figure)}">'
            f'<p aria-live="polite">{sentence}</p>'
        )

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": self.fallback}


def _png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return base64.b64encode(buffer.getvalue()).decode()


def scalar_step(f, i, g, o, c):
    """Return one unit's step as `plot_step` draws it: ``c, kept, written, c_next, squashed, h_next``."""
    kept, written = f * c, i * g
    squashed = math.tanh(kept + written)
    return dict(c=c, kept=kept, written=written, c_next=kept + written, squashed=squashed, h_next=o * squashed)


def gate_playground():
    """Return sliders for one unit's gates f, i and o, its candidate g and its cell state c, over the step in bars.

    Notes
    -----
    Taught in notebook 03.
    """
    ranges = {  # name: what it is, least, most, start
        "f": ("forget gate f", 0, 1, 1.0),
        "i": ("input gate i", 0, 1, 0.0),
        "g": ("candidate g", -1, 1, 0.8),
        "o": ("output gate o", 0, 1, 1.0),
        "c": ("cell state c", -2, 2, 1.5),
    }
    return Playground(
        draw=lambda ax, **values: plot_step(scalar_step(**values), limits=(-3.4, 3.6), ax=ax),
        describe=lambda **values: _describe(scalar_step(**values)),
        sliders={name: _slider(*about) for name, about in ranges.items()},
        fallback="Five sliders for f, i, g, o and c appear here when this cell runs; the picture below needs none.",
    )


def _slider(description, least, most, start):
    return ipywidgets.FloatSlider(
        value=start, min=least, max=most, step=0.05, description=description,
        style={"description_width": "8em"}, layout={"width": "26em", "max_width": "100%"},
    )


def _describe(step):
    said = {name: two_places(number) for name, number in step.items()}
    return (
        "The cell held {c}; {kept} of it is kept and {written} is written, so it now holds {c_next}. "
        "Outside, {h_next} is seen."
    ).format(**said)

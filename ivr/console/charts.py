"""Charts of a report as SVG, by matplotlib: text stays text, and nothing but the picture is in them.

Words in the pictures are figures and Latin letters only; the page says the rest beside them, and has each as a table.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 9.0, 2.6
"""Inches; the page scales the picture."""
COLOURS = {"menu": "#2e7d4f", "person": "#7db8f0", "given_up": "#8c1d13"}
"""As the legend of the page says; told apart by lightness too."""
ONE, OTHER = "#2f6fed", "#9aa4b2"
_MOST_LABELS = 16


def bars(names: Sequence[str], numbers: Sequence[int], against: Sequence[int] | None = None) -> str:
    """Draw one bar for each name, beside it a pale one for the other period where two are compared."""
    figure, axes = _figure(HEIGHT)
    places = range(len(names))
    if against is None:
        axes.bar(places, numbers, color=ONE)
    else:
        axes.bar([place - 0.2 for place in places], numbers, 0.4, color=ONE)
        axes.bar([place + 0.2 for place in places], against, 0.4, color=OTHER)
    step = max(1, -(-len(names) // _MOST_LABELS))
    axes.set_xticks(list(places)[::step], names[::step])
    axes.yaxis.get_major_locator().set_params(integer=True)
    return _svg(figure)


def stacks(groups: Mapping[str, Mapping[str, int]]) -> str:
    """Draw one lying bar for each name, made of how its calls ended."""
    names = list(groups)[::-1]
    figure, axes = _figure(0.8 + 0.32 * len(names))
    left = [0] * len(names)
    for outcome, colour in COLOURS.items():
        widths = [groups[name].get(outcome, 0) for name in names]
        axes.barh(names, widths, left=left, color=colour)
        left = [before + width for before, width in zip(left, widths, strict=True)]
    axes.xaxis.get_major_locator().set_params(integer=True)
    return _svg(figure)


def _figure(height: float) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415  (it takes a while, and only the console draws)
    from matplotlib.figure import Figure  # noqa: PLC0415

    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any) -> str:  # noqa: ANN401  (matplotlib's Figure)
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return target.getvalue()

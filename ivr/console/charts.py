"""Charts of a report as SVG, by matplotlib: text stays text, and nothing but the picture is in them.

The page has each as a table. Matplotlib's own letters have no Japanese: it lays out marks as wide as the words that
then take their place, and the browser's letters show them.
"""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 9.0, 2.6
"""Inches; the page scales the picture."""
COLOURS = {"menu": "#2e7d4f", "person": "#7db8f0", "given_up": "#8c1d13"}
"""As the legend of the page says; told apart by lightness too."""
ONE, OTHER = "#2f6fed", "#9aa4b2"
_MOST_LABELS = 16
_DIGIT, _SMALL = 0.63, 0.75
"""Width of a digit or an n, and size of an id, in letters that are as wide as high."""


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


def stacks(groups: Mapping[str, Mapping[str, int]], titles: Mapping[str, str]) -> str:
    """Draw one lying bar for each name, made of how its calls ended; its title stands beside it, the name small."""
    names = list(groups)[::-1]
    marks = {name: _mark(number, titles.get(name, ""), name) for number, name in enumerate(names)}
    figure, axes = _figure(0.8 + 0.32 * len(names))
    left = [0] * len(names)
    for outcome, colour in COLOURS.items():
        widths = [groups[name].get(outcome, 0) for name in names]
        axes.barh(list(marks.values()), widths, left=left, color=colour)
        left = [before + width for before, width in zip(left, widths, strict=True)]
    axes.xaxis.get_major_locator().set_params(integer=True)
    return _worded(_svg(figure), {mark: _words(titles.get(name, ""), name) for name, mark in marks.items()})


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


def _mark(number: int, title: str, name: str) -> str:
    """Give letters as wide as a title with its id, another mark for each."""
    wide = len(title) + _SMALL * _DIGIT * (len(name) + 1) if title else _DIGIT * len(name)
    return str(number).rjust(max(4, round(wide / _DIGIT)), "n")


def _words(title: str, name: str) -> str:
    if not title:
        return escape(name)
    return f'{escape(title)} <tspan font-size="{_SMALL}em" fill="#59626f">{escape(name)}</tspan>'


def _worded(svg: str, words: Mapping[str, str]) -> str:
    """Put words where their marks stand."""
    for mark, each in words.items():
        svg = svg.replace(f">{mark}</text>", f">{each}</text>")
    return svg

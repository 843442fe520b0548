"""Charts of a report as SVG, by matplotlib: text stays text, and nothing but the picture is in them.

Axes count calls: whole ones, from 0. The page has each chart as a table too. Matplotlib's own letters have no Japanese
ones: marks as wide as the words stand for them until the picture is drawn, and the browser's letters show them.
"""

from __future__ import annotations

import io
import unicodedata
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH, HEIGHT = 9.0, 2.6
"""Inches; the page scales the picture."""
COLOURS = {"menu": "#2e7d4f", "person": "#7db8f0", "given_up": "#8c1d13"}
"""As the legend of the page says; told apart by lightness too."""
ONE, OTHER = "#2f6fed", "#9aa4b2"
UNIT = "電話(件)"
_ROOM = 60.0
"""Width of the axis below bars, in letters that are as wide as high; between two labels there is one free."""
_NARROW = 0.64
_DIGIT, _SMALL = 0.63, 0.75
"""Width of a digit or an n, and size of an id, in letters that are as wide as high."""
_MOST_TICKS = 6


def bars(names: Sequence[str], numbers: Sequence[int], against: Sequence[int] | None = None, *, below: str = "") -> str:
    """Draw one bar for each name, beside it a pale one for the other period where two are compared.

    `below` says what the names are: hours, for example.
    """
    figure, axes = _figure(HEIGHT)
    places = range(len(names))
    if against is None:
        axes.bar(places, numbers, color=ONE)
    else:
        axes.bar([place - 0.2 for place in places], numbers, 0.4, color=ONE)
        axes.bar([place + 0.2 for place in places], against, 0.4, color=OTHER)
    shown = list(places)[:: _step(names)]
    words = {f"n{place}": names[place] for place in shown} | {"nn": UNIT, "nnn": below}
    axes.set_xticks(shown, [f"n{place}" for place in shown])
    axes.set_xlabel("nnn" if below else "")
    axes.set_title("nn", loc="left", fontsize="medium")
    high = ticks(max([*numbers, *(against or ())], default=0))
    axes.set_yticks(high, map(str, high))
    axes.set_ylim(0, high[-1])
    return _worded(_svg(figure), {mark: escape(word) for mark, word in words.items()})


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
    wide = ticks(max(left, default=0))
    axes.set_xticks(wide, map(str, wide))
    axes.set_xlim(0, wide[-1])
    axes.set_xlabel("nn")
    words = {mark: _words(titles.get(name, ""), name) for name, mark in marks.items()}
    return _worded(_svg(figure), words | {"nn": UNIT})


def ticks(most: int) -> list[int]:
    """Give what stands at an axis of counts: whole numbers from 0, few and round, until `most` is within.

    >>> ticks(7)
    [0, 2, 4, 6, 8]
    """
    step = next(step for step in _steps() if step * (_MOST_TICKS - 1) >= most)
    return list(range(0, max(most, 1) + step, step))[: max(2, -(-most // step) + 1)]


def _steps() -> Iterable[int]:
    """Give 1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _step(names: Sequence[str]) -> int:
    """Tell the how manieth name is written, so that none touches another."""
    widest = max((sum(map(_width, name)) for name in names), default=0) + 1
    return max(1, -(-len(names) // int(_ROOM / widest)))


def _width(letter: str) -> float:
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else _NARROW


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
    return target.getvalue().replace("<svg ", '<svg xml:lang="ja" ', 1)


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

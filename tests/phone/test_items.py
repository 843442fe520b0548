"""Items of `--keys`: each form read and written, everything else refused by name."""

from __future__ import annotations

import pytest

from ivr.phone.items import HangUp, Idle, Press, Silent, parse, seconds


def test_every_form() -> None:
    assert parse("0 9 * # 2@4.5 silence timeout wait:3 wait:0.25\n hangup") == [
        Press("0"),
        Press("9"),
        Press("*"),
        Press("#"),
        Press("2", 4.5),
        Silent(),
        Silent(),
        Idle(3.0),
        Idle(0.25),
        HangUp(),
    ]
    assert parse("") == parse(" \n") == []


def test_items_are_written_as_they_are_read() -> None:
    text = "1 * # 2@4.5 3@0 silence wait:3 wait:0.25 say:はい hangup"
    assert " ".join(map(str, parse(text))) == text


@pytest.mark.parametrize(
    "word",
    [
        "x",
        "10",
        "A",
        "2@",
        "2@x",
        "@3",
        "2@-1",
        "wait",
        "wait:",
        "wait:-1",
        "wait:x",
        "wait:nan",
        "1e3",
        "say:",
        "Silence",
        "１",
    ],
)
def test_anything_else_is_refused_by_name(word: str) -> None:
    with pytest.raises(ValueError, match="is not a key") as caught:
        parse(f"1 {word} 2")
    assert str(caught.value).startswith(repr(word))


def test_seconds() -> None:
    assert (seconds("2"), seconds("0.5")) == (2.0, 0.5)
    for text in ("", "-1", "inf", "nan", "1e3", "1,5"):
        with pytest.raises(ValueError, match="is not a number of seconds"):
            seconds(text)

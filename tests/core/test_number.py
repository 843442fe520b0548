"""A caller's number: whatever the webhook takes for one is meant by it, however a person types it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import number
from ivr.number import NoNumberError, typed

WIDE = {character: character + 0xFEE0 for character in map(ord, "0123456789+-()")}
ARABIC = {ord("0") + digit: 0x0660 + digit for digit in range(10)}


def grouped(digits: str, mark: str) -> str:
    return mark.join(digits[begin : begin + 3] for begin in range(0, len(digits), 3))


FORMS = {
    "as it was sent": lambda digits: f"+{digits}",
    "blanks around": lambda digits: f"  +{digits}\n",
    "without its plus": lambda digits: digits,
    "from Europe": lambda digits: f"00{digits}",
    "from Japan": lambda digits: f"010{digits}",
    "from Japan, grouped": lambda digits: f"010-{grouped(digits, '-')}",
    "blanks": lambda digits: "+" + grouped(digits, " "),
    "wide blanks": lambda digits: "+" + grouped(digits, "\u3000"),
    "blanks that do not break": lambda digits: "+" + grouped(digits, "\u00a0"),
    "hyphens": lambda digits: "+" + grouped(digits, "-"),
    "long hyphens": lambda digits: "+" + grouped(digits, "\u2010"),
    "minus signs": lambda digits: "+" + grouped(digits, "\u2212"),
    "long vowels": lambda digits: "+" + grouped(digits, "ー"),
    "dots": lambda digits: "+" + grouped(digits, "."),
    "slashes": lambda digits: "+" + grouped(digits, "/"),
    "parentheses": lambda digits: f"+({digits[:3]}) {digits[3:]}",
    "wide": lambda digits: f"+{digits}".translate(WIDE),
    "wide, grouped": lambda digits: "+" + grouped(digits, "-").translate(WIDE),
    "digits of another script": lambda digits: f"+{digits}".translate(ARABIC),
    "marks that are not seen": lambda digits: f"\u202a+{digits}\u202c",
    "a link": lambda digits: f"tel:+{grouped(digits, '-')}",
}
IN_JAPAN = {
    "national": lambda rest: f"0{rest}",
    "national, grouped": lambda rest: grouped(f"0{rest}", "-"),
    "national, wide": lambda rest: grouped(f"0{rest}", "-").translate(WIDE),
    "national, in parentheses": lambda rest: f"(0{rest[:1]}) {rest[1:]}",
    "with the nought in parentheses": lambda rest: f"+81 (0){rest}",
    "the same, wide": lambda rest: f"+81 (0) {rest}".translate(WIDE),
    "with the nought": lambda rest: f"+81-0{rest}",
    "with the nought, from Europe": lambda rest: f"0081 0{rest}",
    "from Japan": lambda rest: f"010 81 {rest}",
}
SENT = st.from_regex(r"\s?\+[0-9]{5,17}\s?", fullmatch=True) | st.from_regex(r"\+81[0-9]{5,13}", fullmatch=True)


@given(SENT.filter(number.caller))
def test_whatever_is_accepted_is_meant_however_it_is_typed(sent: str) -> None:
    accepted = number.caller(sent)
    digits = accepted.removeprefix("+")
    missed = {name for name, form in FORMS.items() if accepted not in typed(form(digits))}
    assert missed == set()


@given(st.from_regex(r"[0-9]{5,13}", fullmatch=True).filter(lambda rest: number.caller(f"+81{rest}")))
def test_a_number_of_japan_is_meant_in_each_way_of_writing_it(rest: str) -> None:
    missed = {name for name, form in IN_JAPAN.items() if f"+81{rest}" not in typed(form(rest))}
    assert missed == set()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("+25241874120", ("+25241874120",)),
        ("090-1234-5678", ("+819012345678",)),
        ("03 1234 5678", ("+81312345678",)),
        ("+81 (0)3-1234-5678", ("+81312345678", "+810312345678")),
        ("+44 (0)20 7946 0018", ("+442079460018", "+4402079460018")),
        ("010 1 415 555 0100", ("+14155550100", "+811014155550100")),
        ("0120-95-0178", ("+81120950178",)),
    ],
)
def test_what_a_person_means(written: str, meant: tuple[str, ...]) -> None:
    assert typed(written) == meant


@given(st.text() | st.text("+0123456789() -"))
def test_anything_else_is_refused_in_words(text: str) -> None:
    with contextlib.suppress(NoNumberError):
        found = typed(text)
        assert [number.caller(each) for each in found] == list(found)
        assert found


@pytest.mark.parametrize(
    "sent", ["", "anonymous", "Restricted", "sip:anna@example.jp", "client:anna", "+0312345678", "+12345", "+266696687",
             "09012345678", "7378742833", "+1234567890123456", "+８１９０１２３４５６７８", "+81 90 1234 5678"]
)  # fmt: skip
def test_who_has_no_number_is_nobody_on_the_way_in(sent: str) -> None:
    assert number.caller(sent) == ""

"""Finding the lines of one text in another, also where the same words stand several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ivr.facts.page import Alignment, Page, Row, align, compare, known, renumbered, verify

if TYPE_CHECKING:
    from pathlib import Path

WORDS = st.lists(st.sampled_from("abcdef"), max_size=12)


def numbered(text: str) -> dict[int, str]:
    return dict(enumerate(text.split(), 1))


def row(name: str, **lines: str) -> Row:
    return Row("fact", name, "1", {int(number[1:]): text for number, text in lines.items()}, "facts.yaml", 1)


def page(text: str) -> Page:
    return Page(tuple(text.split()))


def test_lines_keep_their_number_or_follow_what_was_put_in_before_them() -> None:
    assert align(numbered("a b c"), numbered("a b c")) == Alignment({1: 1, 2: 2, 3: 3}, {})
    assert align(numbered("a b c"), numbered("x a b c")).kept == {1: 2, 2: 3, 3: 4}
    assert align(numbered("a b c"), numbered("a c")).kept == {1: 1, 3: 2}


def test_the_same_words_in_another_list_are_another_line() -> None:
    found = align(numbered("pin bring card pay name bring card"), numbered("pin bring pay name bring card"))
    assert found.to(3) is None
    assert (found.to(6), found.to(7)) == (5, 6)


def test_a_part_that_went_to_another_place_is_found_with_the_common_lines_inside() -> None:
    found = align(
        numbered("one bring card two bring paper rest end"), numbered("two bring paper rest end one bring card")
    )
    assert found.kept == {4: 1, 5: 2, 6: 3, 7: 4, 8: 5}
    assert found.jumped == {1: 6, 2: 7, 3: 8}
    assert found.moved == {1: 6, 2: 7, 3: 8, 4: 1, 5: 2, 6: 3, 7: 4, 8: 5}


@given(WORDS, WORDS)
def test_a_line_is_found_once_with_its_words_and_in_order(old: list[str], new: list[str]) -> None:
    before, after = dict(enumerate(old, 1)), dict(enumerate(new, 1))
    found = align(before, after)
    pairs = [*found.kept.items(), *found.jumped.items()]
    assert all(before[number] == after[there] for number, there in pairs)
    assert len({there for _, there in pairs}) == len({number for number, _ in pairs}) == len(pairs)
    assert sorted(found.kept) == list(found.kept)
    assert sorted(found.kept.values()) == list(found.kept.values())
    assert align(before, before) == Alignment({number: number for number in before}, {})


def test_a_page_is_read_whole_with_any_line_ends_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes("\ufeff一行目\r\n \u3000\r\n 三行目 \u2028同じ行\r\n".encode())
    copy = Page.read(path)
    assert list(copy.hashes) == [1, 3]
    assert (copy.text(1), copy.text(3)) == ("一行目", "三行目 \u2028同じ行")


def test_a_page_proves_rows_whose_lines_are_all_there() -> None:
    copy = page("a b c")
    rows = [row("x", _1=copy.hashes[1], _2=copy.hashes[2]), row("y", _3=copy.hashes[3])]
    assert verify(copy, rows).proved
    assert known(rows) == copy.hashes


def test_what_is_gone_moved_and_unexplained() -> None:
    copy = page("a b c d")
    rows = [row(name, **{f"_{number}": copy.hashes[number]}) for number, name in enumerate("wxyz", 1)]
    found = verify(page("a new c d b"), rows)
    assert not found.proved
    assert found.gone == ()
    assert [(one.id, numbers) for one, numbers in found.moved] == [("x", {2: 5})]
    assert found.unexplained == (2,)
    assert [(one.id, numbers) for one, numbers in verify(page("a b d"), rows).gone] == [("y", (3,))]


def test_an_uncovered_line_that_a_row_holds_after_all() -> None:
    copy = page("a")
    rows = [Row("uncovered", "1", "", copy.hashes, "facts.yaml", 9, "heading"), row("x", _1=copy.hashes[1])]
    assert [(one.id, other.id) for one, other in verify(copy, rows).twice] == [("1", "x")]


def test_numbers_are_written_anew_where_their_hash_stands_beside_them() -> None:
    a, b = "0123456789abcdef", "fedcba9876543210"
    text = f"lines: {{1: {a}, 12: {b}}}  # 1: {b}\n  12: {{hash: {b}, reason: heading}}\n  1:\n    hash: {a}\n"
    assert renumbered(text, {1: a, 12: b}, {1: 2, 12: 13}) == (
        f"lines: {{2: {a}, 13: {b}}}  # 1: {b}\n  13: {{hash: {b}, reason: heading}}\n  2:\n    hash: {a}\n"
    )


def test_a_change_names_the_rows_that_rest_on_it() -> None:
    old, new = page("a b c d"), page("a B c d")
    rows = [row("x", _1=old.hashes[1], _2=old.hashes[2]), row("y", _3=old.hashes[3])]
    found = compare(old, new, rows)
    assert found.affected
    assert [(one.id, numbers) for one, numbers in found.touched] == [("x", (2,))]
    assert [(one.old, one.new, [each.id for each in one.touched]) for one in found.changes] == [((2,), (2,), ["x"])]
    assert (found.unexplained, found.moved, found.stale) == ((2,), {}, ())


def test_moving_alone_touches_nothing() -> None:
    old, new = page("a b c d e"), page("d e a b c")
    found = compare(old, new, [row("x", _1=old.hashes[1], _4=old.hashes[4])])
    assert (found.affected, found.changes, found.touched) == (False, (), ())
    assert found.moved == {1: 3, 2: 4, 3: 5, 4: 1, 5: 2}


def test_a_new_line_in_a_list_stands_beside_the_row_of_the_list() -> None:
    old, new = page("list one two end"), page("list one two three end")
    (change,) = compare(old, new, [row("x", _2=old.hashes[2], _3=old.hashes[3])]).changes
    assert (change.old, change.new, change.touched) == ((), (4,), ())
    assert [one.id for one in change.beside] == ["x"]


def test_tables_that_already_know_the_new_line_explain_it() -> None:
    old, new = page("a b c"), page("a b b2 c")
    rows = [row("x", _1=new.hashes[1], _2=new.hashes[2], _3=new.hashes[3], _4=new.hashes[4])]
    found = compare(old, new, rows)
    assert (found.affected, found.unexplained) == (False, ())
    assert [one.id for one in found.stale] == ["x"]

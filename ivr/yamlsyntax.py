"""What breaks the grammar of YAML, in words for editors: where to look, and what to write there instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import yaml

_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no YAML text holds: control characters."""


class _Fault(NamedTuple):
    """`sign` is found in what libyaml or PyYAML says."""

    sign: str
    en: str
    ja: str


_BLOCK = "expected key|block mapping"
_FAULTS = (
    _Fault(
        "single document",
        "--- begins a second document; one file is one document",
        "--- から先が二つ目の文書になります。--- を消してください",
    ),
    _Fault(
        "unknown escape",
        "\\ is special inside \"…\"; use '…'",
        "\"…\" の中の \\ は特別な記号です。'…' で囲んでください",
    ),
    _Fault(
        "quoted scalar", "the quotation mark that opens here is never closed", "ここで始まる引用符が閉じられていません"
    ),
    _Fault(
        "flow sequence",
        "the [ that opens here is not closed, or a comma is missing; a text that begins with [ must stand in quotes",
        "ここで始まる [ が閉じられていないか、カンマがありません。[ で始まる文は引用符で囲んでください",
    ),
    _Fault(
        "flow mapping",
        "the { that opens here is not closed, or a comma is missing; a text that begins with { must stand in quotes",
        "ここで始まる { が閉じられていないか、カンマがありません。{ で始まる文は引用符で囲んでください",
    ),
    _Fault("expected ':'", "there is no ': ' behind the name", "項目の名前のあとに「: 」がありません"),
    _Fault(
        "mapping values",
        "a ': ' where none may stand: look at the indent, and for 'name: value' at the blank behind ':' of the line "
        "above; a text that holds ': ' must stand in quotes",
        "「: 」を書けない所です。字下げと、上の行の「:」の後ろの空白を確かめ、「: 」を含む文は引用符で囲みます",
    ),
    _Fault(
        "'-' indicator|block collection",
        "this is no entry of the list above: give it a '- ' or another indent",
        "上の並びの続きになりません。「- 」をつけるか、字下げを直してください",
    ),
    _Fault(
        _BLOCK,
        "this line does not go on with the fields above: look at the indent; a text that begins with { or a quotation "
        "mark must stand in quotes as a whole",
        "上の項目の続きになりません。字下げを確かめてください。{ や引用符で始まる文は、全体を引用符で囲んでください",
    ),
    _Fault("block scalar", "nothing may follow | or > on its line", "| や > のあと、同じ行には何も書けません"),
    _Fault("tab character", "a tab: indent with blanks", "タブがあります。字下げは空白で書いてください"),
    _Fault(
        "cannot start",
        "begins with a tab or with one of @ ` %: indent with blanks, put a text in quotes",
        "タブか @ ` % で始まっています。字下げは空白で書き、文は引用符で囲んでください",
    ),
    _Fault(
        "undefined alias",
        "* names nothing here; a text that begins with * must stand in quotes",
        "* の指すものがありません。* で始まる文は引用符で囲んでください",
    ),
    _Fault("duplicate anchor", "the same & name stands twice", "同じ & の名前が二度あります"),
    _Fault(
        "scanning an anchor|a tag|tag handle",
        "a text that begins with & or ! must stand in quotes",
        "& や ! で始まる文は引用符で囲んでください",
    ),
    _Fault(
        "node content",
        "a text that begins with ] } or , must stand in quotes",
        "] } , で始まる文は引用符で囲んでください",
    ),
    _Fault(
        "document start|directive",
        "is indented otherwise than the first line, or begins with %",
        "一行目と字下げがちがうか、% で始まっています",
    ),
)
_BEGIN_ABOVE = {"quoted scalar", "flow sequence", "flow mapping", "expected ':'"}
"""Where the line to look at is the one on which the thing begins, not the one on which it broke."""
_OTHER = _Fault("", "look at the indent, brackets and quotation marks here", "字下げ、かっこ、引用符を確かめてください")


def explained(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    """Give the line to look at, counted from 1 (0: unknown), and what is wrong there in English and Japanese."""
    if found := _NO_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        return (
            line,
            "a control character, which nobody sees: take it out",
            "目に見えない制御文字があります。消してください",
        )
    said = " ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
    fault = next((fault for fault in _FAULTS if re.search(fault.sign, said)), _OTHER)
    begins = getattr(error, "context_mark", None) if fault.sign in _BEGIN_ABOVE else None
    mark = begins or getattr(error, "problem_mark", None)
    above = getattr(error, "context_mark", None)
    if fault.sign == _BLOCK and above and mark:
        begin = above.line + 1
        return mark.line + 1, f"{fault.en} (they begin on line {begin})", f"{fault.ja}(始まりは {begin} 行目)"
    return (mark.line + 1 if mark else 0), fault.en, fault.ja

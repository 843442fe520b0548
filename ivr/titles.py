"""What people read instead of ids: short Japanese titles of nodes and options, and of the words that records keep.

Ids stay what records and scripts use. A title that is not known is empty, and then the id is shown alone.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr.chosen import NO_SUBJECT, Chosen, Ended
from ivr.keys import COMMON_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ivr.findings import Finding
    from ivr.flow import Flow, Node, Option
    from ivr.yamlfile import Where

LONGEST = 20
"""Characters of a title: it stands in tables and in the nodes of a picture."""
KINDS = {"menu": "メニュー", "answer": "答え", "transfer": "転送", "office": "分かれ道", "farewell": "終わり"}
"""Kinds of nodes."""
DIALLED: dict[str, str] = {
    Ended.COMPLETED: "話した",
    Ended.ANSWERED: "出た",
    Ended.BUSY: "話し中",
    Ended.NO_ANSWER: "出なかった",
    Ended.FAILED: "つながらず",
    Ended.CANCELED: "取り消し",
    Ended.UNKNOWN: "結果が不明",
    Ended.TALKED: "話して切った",
    Ended.GONE: "待たずに切った",
}
"""How a transfer ended, by Twilio's word or ours."""
CHOICES: dict[str, str] = {
    Chosen.ANSWER: "電話に出た",
    Chosen.REPEAT: "もう一度",
    Chosen.BACK: "戻る",
    Chosen.PERSON: "係の者を呼ぶ",
    Chosen.LIMIT: "長くなりすぎた",
    Chosen.SILENCE: "無言",
    Chosen.SILENCE_END: "無言が続いた",
    Chosen.WRONG: "まちがったボタン",
    Chosen.WRONG_END: "まちがいが続いた",
    Chosen.ASKED: "役に立ったかたずねた",
    Chosen.HELPED: "役に立った",
    Chosen.NOT_HELPED: "役に立たなかった",
    Chosen.POSITION_LOST: "位置が読めず、はじめから",
    Chosen.UNFIT: "名前でない",
    **DIALLED,
}
"""What records keep of everything that is no option of a flow."""
FORKS = {"open": "受付中", "closed": "時間外", "unset": "設定なし"}
"""Whether the office answers its telephone."""
EDGES = {
    **{word.replace("-", "_"): title for word, title in DIALLED.items()},
    **FORKS,
    "other": "そのほか",
    "give_up": "選ばれず",
}
"""What leads from a node to another without a key."""
STATUSES = {
    "queued": "順番待ち",
    "initiated": "始まった",
    "ringing": "呼び出し中",
    "in-progress": "通話中",
    "completed": "終わった",
    "busy": "話し中",
    "failed": "つながらず",
    "no-answer": "出なかった",
    "canceled": "取り消し",
}
"""How a call ended, by Twilio's CallStatus."""
OUTCOMES = {"menu": "案内だけで済んだ", "person": "係の者と話した", "given_up": "あきらめた"}
"""What came of a call, as reports count it."""
SUBJECTS: dict[str, str] = {NO_SUBJECT: "何も選ばなかった", Chosen.PERSON: "係の者(はじめの案内で0)"}
"""What a call was about where no option of the opening was chosen first."""
WHO = {"self": "本人", "legal": "法定代理人", "agent": "代理人", "household": "同じ世帯の人"}
"""Who comes to the counter."""
ROLES = {"operator": "担当者", "supervisor": "責任者", "editor": "内容を直す人", "auditor": "監査"}
"""Who signs in to the pages of the office."""
CHANGES = {
    "board announcement": "お知らせ",
    "board closing": "窓口の臨時の休み",
    "flows publish": "案内の公開",
    "flows rollback": "前の案内に戻す",
    "records erase": "番号の記録を消す",
    "records purge": "古い記録を消す",
    "records restore": "控えから戻す",
    "records rotate-key": "番号の鍵を変える",
    "records verify": "記録の突き合わせ",
    "settings": "設定",
    "sign-in": "サインイン",
    "user add": "人を加える",
    "user password": "パスワードを変える",
    "user remove": "人を外す",
    "user role": "役割を変える",
    "user totp": "確認コード",
    "user unlock": "止めた名前を戻す",
}
"""What people change, as the log of changes keeps it."""
OFFICE = "係の者"
"""Whom a transfer to `office` reaches."""


@dataclass(frozen=True)
class Titles:
    """The titles of a flow: of its nodes, of its options by (node, name), of what it dials, of what calls are about."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[tuple[str, str], str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)

    def over(self, other: Titles) -> Titles:
        """Give these, and where one is not known that of another version."""
        return Titles(
            {**other.nodes, **self.nodes},
            {**other.options, **self.options},
            {**other.numbers, **self.numbers},
            {**other.subjects, **self.subjects},
        )

    def node(self, name: str) -> str:
        """Give the title of a node."""
        return self.nodes.get(name, "")

    def option(self, node: str, name: str) -> str:
        """Give the title of what was chosen at a node: an option, or a word that records keep for something else."""
        return self.options.get((node, name)) or CHOICES.get(name, "")

    def dialled(self, name: str) -> str:
        """Give the title of what was dialled: a fact, or `office`."""
        return OFFICE if name == "office" else self.numbers.get(name, "")

    def subject(self, name: str) -> str:
        """Give the title of what a call was about."""
        return self.subjects.get(name) or SUBJECTS.get(name, "")


def named(title: str, name: str) -> str:
    """Write a title with its id behind it, in one line; the id alone where there is no title."""
    return f"{title} ({name})" if title else name


def of(flow: Flow) -> Titles:
    """Give the titles of a flow, those of its options too."""
    nodes = {name: node.title for name, node in flow.nodes.items() if node.title}
    options = {place: title for place, title, _ in _options(flow) if title}
    numbers = {n.to: n.title for n in reversed(list(flow.nodes.values())) if n.kind == "transfer" and n.title}
    subjects = {option: title for (name, option), title in options.items() if name == flow.top.start}
    return Titles(nodes, options, numbers, subjects)


def edge(flow: Flow, node: str, edge: str) -> str:
    """Give what leads on from a node in words: a key with its option, or what happened without one."""
    chosen = pressed(flow, node, edge)
    return f"{edge} {chosen}" if chosen else named(EDGES.get(edge, ""), edge)


def pressed(flow: Flow, node: str, key: str) -> str:
    """Give the title of what a key chooses at a node; empty where it chooses nothing."""
    options = _of_node(flow.nodes[node]) if node in flow.nodes else {}
    if not options and key not in COMMON_KEYS:
        return ""
    return options[key].title if key in options else CHOICES.get(COMMON_KEYS.get(key, ""), "")


def findings(flow: Flow) -> Iterator[Finding]:
    """Find nodes and options without a title, titles that are none, and two places that are called the same.

    What several nodes share in the file is found once.
    """
    seen: dict[str, Where] = {}
    for name, node in flow.nodes.items():
        title: str = node.title
        where: Where = ("nodes", name, "title")
        yield from _wrong(flow, name, f"node {name}", f"ノード「{name}」", title, where)
        first = seen.setdefault(_folded(title), where)
        if title and first != where:
            yield _twice(flow, name, title, first, where)
    lines = set()
    for (name, option), title, where in _options(flow):
        place = (flow.document.line(*where), where[-2], option)
        if place not in lines:
            lines.add(place)
            what, what_ja = f"option {option} of node {name}", f"ノード「{name}」の選択肢「{option}」"
            yield from _wrong(flow, name, what, what_ja, title, where)
            yield from _like_another(flow, name, title, where)


def _options(flow: Flow) -> Iterator[tuple[tuple[str, str], str, Where]]:
    for name, node in flow.nodes.items():
        for key, option in _of_node(node).items():
            yield (name, option.name), option.title, ("nodes", name, "options", key, "title")


def _of_node(node: Node) -> Mapping[str, Option]:
    return getattr(node, "options", {})


def _wrong(flow: Flow, node: str, what: str, what_ja: str, title: str, where: Where) -> Iterator[Finding]:
    if not title.strip():
        text = f"{what} has no title: write a short Japanese one, such as title: 窓口と時間"
        text_ja = f"{what_ja}に title がありません。短い日本語で書いてください(例: title: 窓口と時間)"
    elif len(title) > LONGEST:
        text = f"the title of {what} has {len(title)} characters, at most {LONGEST} are allowed: {title}"
        text_ja = f"{what_ja}の title は {len(title)} 文字です。{LONGEST} 文字までです: {title}"
    elif not (title.isprintable() and any(map(_japanese, title))):
        text = f"the title of {what} must be Japanese, on one line: {title!r}"
        text_ja = f"{what_ja}の title は、日本語で、一行に書いてください: {title!r}"
    else:
        return
    yield flow.document.finding(text, text_ja, *where, node=node)


def _twice(flow: Flow, node: str, title: str, first: Where, where: Where) -> Finding:
    other, line = first[1], flow.document.line(*first)
    return flow.document.finding(
        f"node {node} is called {title!r} as node {other} on line {line}: nobody could tell them apart",
        f"ノード「{node}」の title「{title}」は、{line} 行目のノード「{other}」と同じです。区別できる題にしてください",
        *where,
        node=node,
    )


def _like_another(flow: Flow, node: str, title: str, where: Where) -> Iterator[Finding]:
    """Find an option that is called as an earlier one of the same node."""
    key = where[-2]
    for other, option in _of_node(flow.nodes[node]).items():
        if other == key:
            return
        if title and _folded(option.title) == _folded(title):
            yield flow.document.finding(
                f"two options of node {node} are called {title!r}: keys {other} and {key}",
                f"ノード「{node}」の {other} と {key} の title が、どちらも「{title}」です。区別できる題にしてください",
                *where,
                node=node,
            )


def _folded(title: str) -> str:
    """Give a title as the eye takes it: full-width or not, large or small, blanks do not tell two apart."""
    return "".join(unicodedata.normalize("NFKC", title).casefold().split())


def _japanese(character: str) -> bool:
    return "ぁ" <= character <= "ヿ" or "一" <= character <= "鿿"

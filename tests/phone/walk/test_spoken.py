"""What words claim, read from the words alone, by the sentences that the editors' files have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from ivr import content as contents
from ivr.facts import words
from ivr.hours.wording import SENTENCES
from ivr.phone.walk.claims import CHECKS
from ivr.phone.walk.spoken import LITERAL, NEVER, PARTS, PLACE, HoursReader, OffersReader, Place, Said, clock, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.content import Content
    from ivr.hours import Hours

WEDNESDAY = date(2026, 11, 25)
REWORDED = {
    "now_one": "{time}までやっています。",
    "now_some": "やっているのは、{places}。",
    "place_until": "{time}までが{names}",
    "soon": "あと少し、{time}で受け付けが終わります。",
    "off": "今日はやっていません。",
    "next": "{day}、{time}にまた始まります。",
    "tomorrow": "明日の{weekday}",
    "elsewhere": "何時からかは、区の案内にありません。",
}


@pytest.fixture(scope="module")
def hours() -> Hours:
    return contents.load(Path(__file__).parents[3]).hours


@pytest.fixture(scope="module")
def reworded(hours: Hours) -> Hours:
    """Say the same in other words, and in another order."""
    said = hours.sentences | {name: words(text) for name, text in REWORDED.items()}
    return replace(hours, sentences=MappingProxyType(said))


def test_every_sentence_of_the_table_claims_something_known() -> None:
    whole = {name for name in SENTENCES if name not in PARTS and not name.startswith(PLACE)}
    assert set(CHECKS) == whole | {LITERAL}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("窓口は、いま、午後五時まで開いています。", [Said("now_one", time(17))]),
        (
            "今日は、お休みです。次に開くのは、明日、木曜日の午前八時半です。",
            [Said("off"), Said("next", time(8, 30), date(2026, 11, 26))],
        ),
        (
            "今日は、お休みです。次に開くのは、日曜日の正午です。",
            [Said("off"), Said("next", time(12), date(2026, 11, 29))],
        ),
        ("次に開くのは、一月四日、月曜日の午前八時半です。", [Said("next", time(8, 30), date(2027, 1, 4))]),
        ("次に開くのは、一月四日、火曜日の午前八時半です。", [Said("next", time(8, 30), NEVER)]),
        ("次に開くのは、明日、日曜日の午前八時半です。", [Said("next", time(8, 30), NEVER)]),
        (
            "いま、品川区役所が午後五時まで、目黒行政サービスコーナーがまもなく午後三時まで開いています。",
            [Said("now_some", places=(Place("品川区役所", time(17)), Place("目黒行政サービスコーナー", time(15))))],
        ),
        ("受付時間は区のページにないので、来る前にお確かめください。", [Said("elsewhere")]),
    ],
)
def test_sentences_about_hours(hours: Hours, text: str, expected: list[Said]) -> None:
    assert HoursReader(hours).read(text, WEDNESDAY) == (tuple(expected),)


@pytest.mark.parametrize(
    "text",
    [
        "窓口は開いています。",
        "窓口は、いま、午後五時まで開いています。ごゆっくりどうぞ。",
        "次に開くのは、あさっての午後一時です。",
    ],
)
def test_words_that_the_table_does_not_have(hours: Hours, text: str) -> None:
    assert HoursReader(hours).read(text, WEDNESDAY) == ()


def test_other_words_for_the_same(reworded: Hours) -> None:
    reader = HoursReader(reworded)
    text = "今日はやっていません。明日の木曜日、午前八時半にまた始まります。"
    assert reader.read(text, WEDNESDAY) == ((Said("off"), Said("next", time(8, 30), date(2026, 11, 26))),)
    text = "やっているのは、午後五時までが品川区役所、午後三時までが目黒行政サービスコーナー。"
    places = (Place("品川区役所", time(17)), Place("目黒行政サービスコーナー", time(15)))
    assert reader.read(text, WEDNESDAY) == ((Said("now_some", places=places),),)
    assert reader.read("窓口は、いま、午後五時まで開いています。", WEDNESDAY) == ()


def test_words_that_mean_two_things_are_read_both_ways(hours: Hours) -> None:
    alike = replace(hours, sentences=MappingProxyType(hours.sentences | {"shut": hours.sentences["off"]}))
    found = HoursReader(alike).read("今日は、お休みです。", WEDNESDAY)
    assert sorted(said.sentence for (said,) in found) == ["off", "shut"]


@pytest.fixture
def content(tmp_path: Path, small_helpline: Callable[[Path], Path]) -> Content:
    root = small_helpline(tmp_path / "root")
    file = root / "prompts/ja/words.yaml"
    file.write_text(file.read_text("utf-8").replace("費用は、{key}。", "手数料は、{key}番を押してください。"), "utf-8")
    return contents.load(root)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("手数料は、3番を押してください。", "3"),
        ("手数料は、5番を押してください。手数料は、1番を押してください。", "15"),
        ("費用は、2。2番の窓口です。", ""),
        ("役に立った方は、5。紛失は、1。", "15"),
        ("番号は、0120-95-0178。", ""),
    ],
)
def test_keys_that_are_offered(content: Content, text: str, keys: str) -> None:
    assert OffersReader(content).offered(text) == set(keys)


def test_times_of_day_and_numbers() -> None:
    assert [clock(text) for text in ("午前十時十五分", "正午", "午後零時", "午後十二時五分")] == [
        time(10, 15),
        time(12),
        time(12),
        time(12, 5),
    ]
    assert [number(text) for text in ("一", "十", "十二", "二十", "五十九", "〇")] == [1, 10, 12, 20, 59, 0]

"""What words claim, read from the words alone."""

from __future__ import annotations

from datetime import time

import pytest

from ivr.phone.walk.spoken import Claim, claim, clocks, number, offered


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("カードをなくした方は1。暗証番号は2。", "12"),
        ("期限を過ぎたら1。ご本人が行くなら、2。届ければ3。", "123"),
        ("番号は、0120-95-0178。区役所の担当は、03-5742-6660。", ""),
        ("シャープはもう一度、コメジルシは戻る、ゼロは係の者です。", "#*0"),
        ("エーとビーの説明は2。2番の窓口です。", "2"),
    ],
)
def test_keys_that_are_offered(text: str, keys: str) -> None:
    assert offered(text) == set(keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("窓口は、いま、午後五時まで開いています。", Claim(True, (time(17),))),  # noqa: FBT003
        ("今日は、お休みです。次に開くのは、明日、日曜日の午前八時半です。", Claim(False, (), time(8, 30), 6)),  # noqa: FBT003
        ("いまは、まだ開いていません。このあと、午前八時半に開きます。", Claim(False, (), time(8, 30))),  # noqa: FBT003
        ("窓口は、まもなく、午後五時に閉まります。", Claim(True, (time(17),))),  # noqa: FBT003
        ("受付時間は区のページにないので、来る前にお確かめください。", Claim(unstated=True)),
        ("荏原郵便局は、次は月曜日です。", None),
    ],
)
def test_claims_about_hours(text: str, expected: Claim | None) -> None:
    assert claim(text) == expected


def test_times_of_day_and_numbers() -> None:
    assert clocks("午前十時十五分から正午、午後零時") == [time(10, 15), time(12)]
    assert clocks("午後十二時五分") == [time(12, 5)]
    assert [number(text) for text in ("一", "十", "十二", "二十", "五十九", "〇")] == [1, 10, 12, 20, 59, 0]

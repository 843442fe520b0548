"""Events: what goes into a line comes out of it, and nothing that was typed goes in."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.findings import FindingsError
from ivr.records.callers import caller_keys, mask_caller
from ivr.records.events import KINDS, CorruptLineError, Event, decode, encode, fit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True) | st.just("")
EVENTS = st.builds(
    Event,
    call=st.from_regex(r"CA[0-9a-f]{32}", fullmatch=True),
    turn=st.integers(0, 2**63 - 1),
    kind=st.sampled_from(KINDS),
    at=st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(timezone(timedelta(hours=9))),
    ),
    node=NAMES,
    option=NAMES,
    flow_version=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    voice_version=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    test=st.booleans(),
    detail=st.dictionaries(st.sampled_from(["came_from", "to", "status"]), NAMES, max_size=3),
)


@given(EVENTS)
def test_an_event_survives_its_line(event: Event) -> None:
    assert decode(encode(event)) == event


@given(EVENTS, st.data())
def test_a_changed_line_is_noticed(event: Event, data: st.DataObject) -> None:
    line = bytearray(encode(event))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptLineError):
        decode(bytes(line))


def test_a_line_as_it_stands_in_the_file(event: Callable[..., Event]) -> None:
    line = encode(event(3, option="lost", node="lost_card", test=True, detail={"came_from": "opening"}))
    body = (
        b'{"v":1,"call":"CA0123456789abcdef0123456789abcdef","turn":3,"kind":"turn",'
        b'"at":"2026-11-24T09:30:15.000000+00:00","node":"lost_card","option":"lost","flow":"","voice":"",'
        b'"test":true,"detail":{"came_from":"opening"}}'
    )
    assert line == b"%08x %s\n" % (zlib.crc32(body), body)


@pytest.mark.parametrize(
    "planted", ["1234", "123456789012", "*1234", "+819012345678", "090-1234-5678", "1", "a b", "紛失"]
)
def test_what_is_no_name_is_never_written(event: Callable[..., Event], planted: str) -> None:
    detail = {"caller_hash": planted, "caller_tail": planted + "00", "came_from": planted, "status": planted}
    noted = decode(
        encode(event(node=planted, option=planted, flow_version=f"{planted}z", detail={**detail, planted: ""}))
    )
    assert (noted.node, noted.option, noted.flow_version, noted.detail) == ("unfit", "unfit", "", {})


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        *(
            ("seconds", value, ("seconds",))
            for value in ("0.0", "-1", "1000000", "\u00b2", "\u0663", "1e3", " 1", "\0")
        ),
        *(("seconds", value, ()) for value in ("", "0", "61", "999999")),
        ("code", "\u0661\u0661\u0662\u0660\u0660", ("code",)),
        ("caller_hash", "ab", ("caller_hash",)),
        ("came_from", "\ud800", ("came_from",)),
        ("\0", "x", ("detail",)),
    ],
)
def test_a_value_that_a_field_cannot_take_is_left_out_and_named(
    event: Callable[..., Event], name: str, value: str, left: tuple[str, ...]
) -> None:
    given = event(1, "status", detail={"status": "completed", name: value})
    kept, named = fit(given)
    assert named == left
    assert kept.detail == ({"status": "completed"} if left else given.detail)
    assert decode(encode(given)) == kept


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"call": ""}, "a call's id is 1 to 64 letters and digits"),
        ({"call": "CA 1"}, "a call's id is 1 to 64 letters and digits"),
        ({"turn": -1}, "turn -1 is out of range"),
        ({"turn": 2**63, "at": datetime(2026, 11, 24, tzinfo=UTC)}, "turn 9223372036854775808 is out of range"),
        ({"turn": True}, "turn True is out of range"),
        ({"turn": 1.5}, "turn 1.5 is out of range"),
        *(
            ({"at": datetime(year, 6, 1, tzinfo=UTC)}, "the moment of an event lies in the years 1970 to 2199")
            for year in (1, 1969, 2200, 9999)
        ),
        ({"kind": "dream"}, "'dream' is no kind of event; there are answer, turn, transfer, status, fault"),
        ({"at": datetime(2026, 11, 24)}, "the moment of an event has an offset"),  # noqa: DTZ001
        (
            {"detail": {f"a{n}": "b" * 64 for n in range(60)}},
            "an event of 4551 bytes is too long for a spool (limit 4096)",
        ),
    ],
)
def test_what_can_never_be_stored_is_refused(
    event: Callable[..., Event], values: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        encode(event(**values))
    assert str(refused.value) == words


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b"not json",
        b'{"v":2}',
        b'{"v":1,"call":"CA1","turn":"1","kind":"turn","at":"2026-11-24T09:30:15+00:00","detail":{}}',
        b'{"v":1,"call":"CA1","turn":1,"kind":"turn","at":"2026-11-24T09:30:15","detail":{}}',
        b'{"v":1,"call":"CA1","turn":1e400,"kind":"turn","at":"2026-11-24T09:30:15+00:00","detail":{}}',
        b'{"v":1,"call":"CA1","turn":1,"kind":"turn","at":"0001-01-01T00:00:00+23:59","detail":{}}',
        b"[" * 100_000,
        b'{"v":1,"call":1,"turn":1,"kind":"turn","at":"2026-11-24T09:30:15+00:00","detail":{}}',
    ],
)
def test_a_line_of_another_version_is_told_from_a_damaged_one(body: bytes) -> None:
    with pytest.raises(CorruptLineError, match="another version"):
        decode(b"%08x %s\n" % (zlib.crc32(body), body))
    with pytest.raises(CorruptLineError, match="checksum"):
        decode(b"00000001 " + body)


@pytest.mark.parametrize(
    ("turn", "kind", "option", "came_from", "now"),
    [
        (3, "turn", "lost", "opening", ("lost", "opening")),
        (3, "turn", "lost", "", ("position_lost", "")),
        (43_000, "turn", "lost", "opening", ("position_lost", "")),
        (43_001, "turn", "lost", "opening", ("lost", "opening")),
        (43_000, "transfer", "lost", "opening", ("position_lost", "")),
        (3, "transfer", "other", "line", ("unknown", "line")),
        (3, "turn", "other", "opening", ("other", "opening")),
    ],
)
def test_a_line_of_an_older_version_is_read_with_the_words_of_now(
    event: Callable[..., Event], turn: int, kind: str, option: str, came_from: str, now: tuple[str, str]
) -> None:
    read = decode(encode(event(turn, kind, option=option, detail={"came_from": came_from})))
    assert (read.option, read.detail["came_from"]) == now


def test_moments_are_written_in_utc(event: Callable[..., Event], opened: datetime) -> None:
    values = json.loads(encode(event(0)).partition(b" ")[2])
    assert datetime.fromisoformat(values["at"]) == opened
    assert datetime.fromisoformat(values["at"]).tzinfo == UTC


def test_a_caller_is_known_again_by_the_same_key_only() -> None:
    one, other = b"k" * 32, b"l" * 32
    digest, tail = mask_caller("+819012345678", one)
    assert (digest, tail) == ("8c45812d7cd3f0c197d6d69819e5204c", "78")
    assert mask_caller("+819012345678", one) == (digest, tail)
    assert mask_caller("+819012345678", other)[0] != digest
    assert mask_caller("+819012345679", one)[0] != digest


@pytest.mark.parametrize("number", ["", "anonymous", "Restricted", "sip:a@b", "client:x", "09012345678", "+0312345678"])
def test_a_withheld_caller_leaves_nothing(number: str) -> None:
    assert mask_caller(number, b"k" * 32) == ("", "")


def test_the_caller_key_is_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    (key,) = caller_keys(tmp_path)
    assert len(key) == 32
    assert caller_keys(tmp_path) == (key,)
    assert (tmp_path / "caller-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "short", "a" * 31])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "caller-key").write_text(content)
    with pytest.raises(FindingsError) as refused:
        caller_keys(tmp_path)
    (finding,) = refused.value.findings
    assert (finding.file, finding.level) == (str(tmp_path / "caller-key"), "error")
    assert "put it back from a backup" in finding.text
    assert "バックアップから戻す" in finding.text_ja

"""Recorded prompts over real HTTP: how they are served, kept by caches, and replaced where one is missing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Answer, Served

WEEKDAY = "2026-11-25T10:00:00+09:00"


@pytest.fixture
def voiced(voiced_data: Path, tmp_path: Path, serve: Callable[..., object]) -> Iterator[Served]:
    """Run a helpline with every prompt in the tone voice; its files may be taken away."""
    data = tmp_path / "data"
    shutil.copytree(voiced_data, data, copy_function=os.link)
    with serve(IVR_DATA=str(data)) as served:
        yield served


def plays(answer: Answer) -> list[str]:
    return [verb.text or "" for verb in answer.document.iter("Play")]


def opened(served: Served) -> Answer:
    return served.post("/voice", test=True, TestTime=WEEKDAY)


def path_of(served: Served, url: str) -> Path:
    return served.data / "audio/files" / urlsplit(url).path.rpartition("/")[2]


def get(served: Served, url: str, method: str = "GET", **headers: str) -> Answer:
    return served.send(
        method, urlsplit(url).path, None, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_prompt_is_served_whole_and_may_be_kept_for_ever(voiced: Served) -> None:
    answer = opened(voiced)
    (url,) = plays(answer)
    assert re.fullmatch(re.escape(voiced.public) + r"/audio/[0-9a-f]{24}\.wav", url)
    content = path_of(voiced, url).read_bytes()
    served = get(voiced, url)
    assert (served.status, served.body) == (200, content)
    assert served.body.startswith(b"RIFF")
    assert {name: served.headers[name] for name in ("Content-Type", "Content-Length", "ETag", "Accept-Ranges")} == {
        "Content-Type": "audio/wav",
        "Content-Length": str(len(content)),
        "ETag": f'"{url[-28:-4]}"',
        "Accept-Ranges": "bytes",
    }
    assert set(served.headers["Cache-Control"].split(", ")) == {"public", "max-age=31536000", "immutable"}
    assert "Set-Cookie" not in served.headers
    head = get(voiced, url, "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(content)))
    # ---- what a cache asks again, and what a player asks a piece of
    fresh = get(voiced, url, If_None_Match=served.headers["ETag"])
    assert (fresh.status, fresh.body) == (304, b"")
    assert get(voiced, url, If_None_Match='"stale"').status == 200
    piece = get(voiced, url, Range="bytes=4-103")
    assert (piece.status, piece.body, piece.headers["Content-Range"]) == (
        206,
        content[4:104],
        f"bytes 4-103/{len(content)}",
    )
    assert get(voiced, url, Range=f"bytes={len(content)}-").status == 416
    assert get(voiced, url, Range="bytes=-10").body == content[-10:]


def test_no_name_leads_to_anything_but_a_prompt(voiced: Served) -> None:
    url = plays(opened(voiced))[0]
    name = url[-28:-4]
    (voiced.data / "audio/files/secret.wav").write_bytes(b"RIFF")
    for wrong in ("ab" * 12, name.upper() + "X", name[:-1], name + "0", "secret", "..%2Fcurrent", "%2e%2e/current",
                  "../../test-token", name + "%00", name + "%0A", ""):  # fmt: skip
        assert voiced.send("GET", f"/audio/{wrong}.wav").status == 404, wrong
    for wrong in (f"/audio/{name}", f"/audio/{name}.json", f"/audio/{name}.mp3", "/audio/", "/audio/current"):
        assert voiced.send("GET", wrong).status == 404, wrong
    assert voiced.send("POST", f"/audio/{name}.wav").status == 405
    voiced.waits_for(lambda: voiced.lines("audio_missing", "ab" * 12, "prompts build"))


def test_a_missing_file_is_said_by_twilios_voice_and_logged_and_comes_back(voiced: Served) -> None:
    url = plays(opened(voiced))[0]
    file = path_of(voiced, url)
    content = file.read_bytes()
    file.unlink()
    voiced.waits_for(lambda: not plays(opened(voiced)))
    answer = opened(voiced)
    assert answer.said.startswith("品川区")
    assert answer.document[0][0].attrib["language"] == "ja-JP"
    assert answer.verbs == ["Gather", "Redirect"]
    assert get(voiced, url).status == 404
    (warning, *_) = voiced.lines("audio_missing", "greeting")
    assert "warning" in warning
    assert "ivr prompts build" in warning
    file.write_bytes(content)
    voiced.waits_for(lambda: plays(opened(voiced)) == [url])


def test_a_file_cut_short_is_not_played(voiced: Served) -> None:
    url = plays(opened(voiced))[0]
    file = path_of(voiced, url)
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[: len(content) // 2])
    voiced.waits_for(lambda: not plays(opened(voiced)))
    assert opened(voiced).said.startswith("品川区")


def test_the_whole_of_an_answer_is_played_and_nothing_of_it_said(voiced: Served) -> None:
    answer = opened(voiced)
    for key in ("6", "1", "1"):
        answer = voiced.post(answer.action, test=True, TestTime=WEEKDAY, Digits=key)
        assert 1 <= len(plays(answer)) <= 4
        assert answer.said == ""
        for url in plays(answer):
            body = get(voiced, url).body
            assert hashlib.sha256(body).digest() == hashlib.sha256(path_of(voiced, url).read_bytes()).digest()


def test_a_set_that_cannot_be_read_stops_no_call(voiced: Served) -> None:
    url = plays(opened(voiced))[0]
    current = voiced.data / "audio/current"
    current.unlink()
    current.write_text("nonsense\n")
    second = opened(voiced)
    assert plays(second) == [url] or second.said.startswith("品川区")
    assert second.verbs == ["Gather", "Redirect"]

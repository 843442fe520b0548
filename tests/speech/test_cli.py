"""`ivr prompts`, run as a command on the project's own flow and words."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ivr.content import load
from ivr.speech import audio
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class _Ivr:
    root: Path
    data: Path

    def __call__(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        where = {"IVR_DATA": str(self.data), "IVR_ROOT": str(self.root), "IVR_SPEECH_ENGINE": "tone", "LANG": "C"}
        return subprocess.run(
            [sys.executable, "-m", "ivr.cli", "prompts", *args],
            capture_output=True,
            text=True,
            check=False,
            env=clean | where | environ,
        )


@pytest.fixture
def ivr(root: Path, tmp_path: Path) -> _Ivr:
    """Give the command on a copy of flows/ and prompts/."""
    for folder in ("flows", "prompts"):
        shutil.copytree(root / folder, tmp_path / "root" / folder)
    return _Ivr(tmp_path / "root", tmp_path / "data")


def _last(done: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401  (any JSON value)
    return json.loads(done.stdout)


def test_build_makes_the_whole_helpline_once_and_list_shows_it(ivr: _Ivr) -> None:
    passages = load(ivr.root).passages
    first, second = (ivr("build", "--prune", "--json") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stderr.splitlines()[-1] == f"joining: {len(passages)} of {len(passages)}"
    assert (_last(first)["written"], _last(first)["switched"]) == (len(passages), True)
    assert _last(second) == _last(first) | {"spoken": 0, "written": 0, "switched": False}
    library = AudioLibrary(ivr.data)
    listed = ivr("list", "--json")
    rows = _last(listed)
    assert [row["file"] for row in rows] == [f"{library.name_for(passage.key)}.wav" for passage in passages]
    assert sum(row["seconds"] for row in rows) == pytest.approx(_last(first)["seconds"])
    assert listed.stderr.splitlines()[-1].endswith(
        f"{len(passages)} of {len(passages)} passages, {_last(first)['seconds'] / 60:.1f} minutes, voice tone"
    )


def test_check_fails_on_readings_nobody_approved_and_approve_writes_them(ivr: _Ivr) -> None:
    assert ivr("check", "--approve", "--yes").returncode == 0
    clean = ivr("check", "--json")
    assert (clean.returncode, _last(clean)) == (0, [])
    lexicon = ivr.root / "prompts/lexicon.yaml"
    lexicon.write_text(lexicon.read_text().replace("\nwords:\n", "\nwords:\n  暗証番号: アンショー\n", 1))
    changed = ivr("check", LANG="ja_JP.UTF-8")
    assert (changed.returncode, changed.stdout) == (1, "")
    assert re.search(r"の読みが \S*アンショーバンゴー\S* から \S*アンショー\S* に変わりました", changed.stderr)


def test_many_new_readings_are_not_approved_by_the_way(ivr: _Ivr) -> None:
    shutil.rmtree(ivr.root / "prompts/readings", ignore_errors=True)
    asked = ivr("check", "--approve")
    assert (asked.returncode, (ivr.root / "prompts/readings").exists()) == (1, False)
    assert re.search(r"Error: \d+ readings are new: look at them .* --approve --yes", asked.stderr)
    assert "(dictionary / 辞書: " in asked.stderr
    assert ivr("check", "--approve", "--yes").returncode == 0
    assert ivr("check").returncode == 0


def test_check_finds_what_would_be_silent_and_does_not_approve_it(ivr: _Ivr) -> None:
    shutil.rmtree(ivr.root / "prompts/readings", ignore_errors=True)
    words = ivr.root / "prompts/ja/common.yaml"
    name, _, text = next(line for line in words.read_text().splitlines() if not line.startswith("#")).partition(": ")
    words.write_text(words.read_text().replace(text, "※" + text, 1))
    done = ivr("check", "--approve")
    assert done.returncode == 1
    assert f"error: prompt {name}: no voice says ※" in done.stderr
    assert not (ivr.root / "prompts/readings").exists()


def test_say_shows_what_engines_get_and_how_it_is_read(ivr: _Ivr, tmp_path: Path) -> None:
    out = tmp_path / "try.wav"
    done = ivr("say", "{旧氏|きゅううじ}の{方|かた}は、17:30まで。", "--out", str(out), "--json")
    assert done.returncode == 0
    said = _last(done)
    assert said == {
        "text": "きゅううじのかたは、17時30分まで。",
        "kana": "キューウジノカタワ、ジューシチジサンジュップンマデ",
        "morae": 21,
        "voice": "tone",
        "file": str(out),
        "seconds": round(len(audio.from_wav(out.read_bytes())) / audio.RATE, 3),
    }


def test_say_warns_of_what_nothing_reads_for_sure(ivr: _Ivr) -> None:
    done = ivr("say", "①、郵送の方、七一一九。")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "text     1、郵送のかた、七一一九。")
    assert [line.partition("; ")[0] for line in done.stderr.splitlines()] == [
        "TEXT:0: warning: prompt TEXT: no rule reads ① 七一一九 in '1、郵送のかた、七一一九。'",
        "TEXT:0: warning: prompt TEXT: 方 in 「郵送の方」 may be かた or ほう",
    ]


def test_say_names_what_would_be_silent(ivr: _Ivr) -> None:
    done = ivr("say", "※です。")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "TEXT:0: error: prompt TEXT: no voice says ※ in '※です。'; write it in words\n"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("build", "--voice", "nobody"), 1, "no voice 'nobody'; there are: mei (quick), google (gtts), tone (tone)"),
        (("build", "--engine", "loud"), 2, "Invalid value for '--engine'"),
        (("build", "--processes", "0"), 2, "Invalid value for '--processes'"),
        (("say",), 2, "Missing argument 'TEXT'"),
        (("list", "--root", "/nowhere"), 2, "Directory '/nowhere' does not exist"),
    ],
)
def test_mistakes_are_answered_with_words_and_the_right_code(
    args: tuple[str, ...], code: int, words: str, ivr: _Ivr
) -> None:
    done = ivr(*args)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_refuses_ends_the_build_with_words(ivr: _Ivr) -> None:
    ivr.data.mkdir()
    (ivr.data / "audio").write_text("in the way")
    done = ivr("build")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"error: {ivr.data}/audio/sentences")
    assert "Traceback" not in done.stderr

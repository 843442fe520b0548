"""Making a set: only what is missing, the same bytes each time, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from dated import dated

from ivr.findings import FindingsError
from ivr.speech import audio
from ivr.speech.build import Built, build, say
from ivr.speech.disk import BuildError, prune
from ivr.speech.lexicon import Lexicon, Word
from ivr.speech.store import AudioLibrary, Shelf, whole
from ivr.speech.voices import Tempo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Google

    from ivr.passage import Passage
    from ivr.speech.voices import Voice

HOUR = 3600.0
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def make(voice: Callable[[str], Voice], words: Lexicon, tmp_path: Path) -> Callable[..., Built]:
    """Build passages with the tone engine, or with changes to it: a second after the build before, by the files too."""
    seconds = count()

    def run(*passages: Passage, lexicon: Lexicon = words, data: Path = tmp_path, **changes: object) -> Built:
        with dated(data, NOW + timedelta(seconds=next(seconds))):
            return build(passages, voice("tone").model_copy(update=changes), lexicon, data)

    return run


def contents(data: Path) -> dict[str, bytes]:
    return {str(path.relative_to(data)): path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}


def test_a_first_run_makes_everything_and_switches(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    built = make(passage("一つ目。", "二つ目。"), passage("一つ目。"))
    assert (built.passages, built.spoken, built.written, built.switched) == (2, 2, 2, True)
    assert AudioLibrary(tmp_path).version == built.set_id
    assert built.seconds == sum(
        len(audio.from_wav(path.read_bytes())) / audio.RATE for path in Shelf(tmp_path).files.glob("*.wav")
    )


def test_a_second_run_makes_nothing_and_loads_no_engine(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    first = make(passage("一つ目。"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert make(passage("一つ目。")) == replace(first, spoken=0, written=0, switched=False)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_unchanged_set_of_the_quick_voice_loads_no_library(tmp_path: Path, root: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from ivr.passage import Passage, Sentence\n"
        "from ivr.speech import lexicon, voices\n"
        "from ivr.speech.build import build\n"
        "root = Path(sys.argv[1])\n"
        "voice = voices.choose(voices.load(root), engine='quick')\n"
        "passages = [Passage('ja', (Sentence('a', 'はい。', 'はい。'),))]\n"
        "built = build(passages, voice, lexicon.load(root), Path(sys.argv[2]))\n"
        "print(built.written, [name for name in ('pyopenjtalk', 'soxr') if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", script, str(root), str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2)
    ]
    assert [run.splitlines()[-1] for run in runs] == ["1 ['pyopenjtalk', 'soxr']", "0 []"]
    assert "done!" not in runs[0]


def test_a_changed_sentence_alone_is_spoken_again(make: Callable[..., Built], passage: Callable[..., Passage]) -> None:
    make(passage("一つ目。", "二つ目。"), passage("三つ目。"))
    built = make(passage("一つ目。", "新しい文。"), passage("三つ目。"))
    assert (built.spoken, built.written, built.switched) == (1, 1, True)


def test_a_new_word_changes_only_sentences_that_hold_it(
    make: Callable[..., Built], passage: Callable[..., Passage]
) -> None:
    make(passage("旧氏です。"), passage("はい。"), lexicon=Lexicon())
    built = make(passage("旧氏です。"), passage("はい。"), lexicon=Lexicon({"旧氏": Word(reading="キューウジ")}))
    assert (built.spoken, built.written) == (1, 1)


def test_another_tempo_is_another_sound_and_another_address_is_not(
    make: Callable[..., Built], passage: Callable[..., Passage]
) -> None:
    first = make(passage("はい。"))
    assert make(passage("はい。"), normal=Tempo(rate=6.0, comma=0.3)).spoken == 1
    assert make(passage("はい。"), address="http://127.0.0.1:1").set_id == first.set_id


def test_going_back_to_an_older_set_makes_nothing(make: Callable[..., Built], passage: Callable[..., Passage]) -> None:
    first = make(passage("前。"))
    make(passage("後。"))
    assert make(passage("前。")) == replace(first, spoken=0, written=0)


def test_a_set_can_be_made_without_switching_to_it(
    voice: Callable[[str], Voice], words: Lexicon, passage: Callable[..., Passage], tmp_path: Path
) -> None:
    first = build([passage("前。")], voice("tone"), words, tmp_path)
    other = build([passage("後。")], voice("tone"), words, tmp_path, switch=False)
    assert (other.switched, AudioLibrary(tmp_path).version) == (False, first.set_id)
    assert next(Shelf(tmp_path).manifests()).stem == other.set_id
    assert whole(Shelf(tmp_path), other.set_id)


def test_what_was_interrupted_goes_on_from_there(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    make(passage("一。"), passage("二。"))
    shelf = Shelf(tmp_path)
    whole = contents(tmp_path)
    shelf.current.unlink()
    next(shelf.sets.iterdir()).unlink()
    one, two = sorted(shelf.files.glob("*.wav"))
    one.write_bytes(one.read_bytes()[:-100])
    sentence = min(shelf.sentences.iterdir())
    sentence.write_bytes(b"")
    built = make(passage("一。"), passage("二。"))
    assert (built.written, built.switched, two.exists()) == (1, True, True)
    assert built.spoken <= 1
    assert {name: content for name, content in contents(tmp_path).items() if "sentences" not in name} == {
        name: content for name, content in whole.items() if "sentences" not in name
    }


def test_two_builds_give_the_same_bytes(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        make(passage("一つ目、です。", "二つ目。"), passage("三つ目。"), data=tmp_path / folder)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_two_builds_of_the_quick_voice_give_the_same_bytes_in_one_process_and_in_two(
    voice: Callable[[str], Voice], words: Lexicon, passage: Callable[..., Passage], tmp_path: Path
) -> None:
    numbers = "一二三四五六七八九十"
    passages = [passage(f"{tens}、{ones}。") for tens in numbers[:3] for ones in numbers[:7]]
    said: list[tuple[str, int, int]] = []
    for processes in (1, 2):
        build(
            passages,
            voice("quick"),
            words,
            tmp_path / str(processes),
            processes=processes,
            progress=lambda *step: said.append(step),
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert said == 2 * [(stage, done, 21) for stage in ("speak", "join") for done in range(1, 22)]


def test_words_that_no_voice_can_say_stop_everything_before_it_begins(
    voice: Callable[[str], Voice], words: Lexicon, passage: Callable[..., Passage], tmp_path: Path
) -> None:
    with pytest.raises(FindingsError) as caught:
        build(
            [passage("はい。", "※一。"), passage("<二>。")],
            voice("tone"),
            words,
            tmp_path,
            place=lambda prompt: (f"prompts/ja/{prompt}.yaml", 2),
        )
    assert [str(finding) for finding in caught.value.findings] == [
        "prompts/ja/a.yaml:2: error: prompt a: no voice says < > in '<二>。'; write it in words",
        "prompts/ja/b.yaml:2: error: prompt b: no voice says ※ in '※一。'; write it in words",
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_online_set_is_switched_to_only_when_it_is_complete(
    voice: Callable[[str], Voice], words: Lexicon, passage: Callable[..., Passage], google: Google, tmp_path: Path
) -> None:
    passages = [passage("旧氏の一。"), passage("二。")]
    online = voice("gtts").model_copy(update={"address": google.address})
    build(passages, voice("tone"), words, tmp_path)
    google.answers = [200, 403]
    with pytest.raises(BuildError, match="answered 403"):
        build(passages, online, words, tmp_path)
    assert AudioLibrary(tmp_path).voice == "tone"
    built = build(passages, online, words, tmp_path)
    assert (built.spoken, built.written, AudioLibrary(tmp_path).voice) == (1, 2, "google")
    assert [asked[0] for asked in google.asked] == ["キューウジの一。", "二。", "二。"]


def test_one_sentence_can_be_tried_out(
    voice: Callable[[str], Voice], words: Lexicon, passage: Callable[..., Passage], tmp_path: Path
) -> None:
    wav = say(passage("はい。").sentences[0], voice("tone"), words, tmp_path)
    assert len(audio.from_wav(wav)) / audio.RATE == pytest.approx(0.15 + 2 / 6.65 + 0.3, abs=0.05)


# --- disks that refuse ---

FULL = """
import resource, sys
from pathlib import Path
from ivr.passage import Passage, Sentence
from ivr.speech import lexicon, voices
from ivr.speech.build import build
from ivr.speech.disk import BuildError
root, data, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
texts = ["一。", "二。", "これは、とても長い文で、小さなディスクには、とても入りません。" * 9]
passages = [Passage("ja", (Sentence("a", text, text),)) for text in texts]
try:
    build(passages, voices.choose(voices.load(root), engine="tone"), lexicon.load(root), data)
except BuildError as error:
    sys.exit(str(error))
"""


def _leftovers(data: Path) -> list[str]:
    shelf = Shelf(data)
    drafts = [str(path) for path in shelf.top.rglob(".*")]
    cut_off = [str(path) for path in shelf.top.rglob("*.wav") if not _is_whole(path)]
    return drafts + cut_off + [str(path) for path in (shelf.current, *shelf.sets.glob("*")) if path.exists()]


def _is_whole(path: Path) -> bool:
    return len(audio.from_wav(path.read_bytes())) > 0


def test_a_file_that_does_not_fit_is_named_and_nothing_is_left_half_written(
    root: Path, tmp_path: Path, make: Callable[..., Built], passage: Callable[..., Passage]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(root), str(tmp_path), "20000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{tmp_path}/audio/sentences/")
    assert "the disk is full (File too large). Free some space" in line
    assert _leftovers(tmp_path) == []
    assert make(passage("一。"), passage("二。")).spoken == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 200 kB; only the superuser of a real machine may."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or not mount or not umount:
        pytest.skip("only root can mount a small disk; the limit on file sizes is tested all the same")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", place], check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk; the limit on file sizes is tested all the same")
    yield place
    subprocess.run([umount, place], check=True)


def test_a_full_disk_is_named_with_what_helps(root: Path, small_disk: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(root), str(small_disk), "0"], capture_output=True, text=True, check=False
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{small_disk}/audio/sentences/")
    assert "the disk is full (No space left on device). Free some space" in line
    assert line.endswith("run `ivr prompts build` again: what was made is kept, callers hear the set in use")
    assert _leftovers(small_disk) == []


def test_a_folder_that_cannot_be_written_is_named(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    (tmp_path / "audio").write_text("in the way")
    with pytest.raises(BuildError, match=rf"{tmp_path}/audio.*: (Not a directory|File exists)"):
        make(passage("はい。"))


# --- clearing away ---


def _aged(data: Path, seconds: float) -> None:
    """Make everything that was written so far older."""
    for path in data.rglob("*"):
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def test_pruning_keeps_the_last_sets_and_what_they_use(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    for text in ("一。", "二。", "三。"):
        make(passage("いつも。", text))
        _aged(tmp_path, 2 * HOUR)
    before = contents(tmp_path)
    gone = prune(tmp_path, NOW.timestamp(), keep=2)
    after = contents(tmp_path)
    shelf = Shelf(tmp_path)
    assert gone.files == 4
    assert gone.size == sum(len(content) for name, content in before.items() if name not in after)
    assert [len(list(folder.iterdir())) for folder in (shelf.files, shelf.sentences, shelf.sets)] == [4, 3, 2]
    assert AudioLibrary(tmp_path).findings == ()
    assert make(passage("いつも。", "二。")).written == 0


def test_pruning_keeps_the_sets_that_are_needed_however_old_they_are(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    first = make(passage("一。"))
    for text in ("二。", "三。"):
        make(passage(text))
        _aged(tmp_path, 2 * HOUR)
    assert prune(tmp_path, NOW.timestamp(), keep=1, needed=[first.set_id, "0" * 12]).files == 4
    assert [whole(Shelf(tmp_path), path.stem) for path in Shelf(tmp_path).manifests()] == [True, True]
    assert whole(Shelf(tmp_path), first.set_id)


def test_pruning_leaves_what_a_running_call_may_still_ask_for(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    make(passage("一。"))
    _aged(tmp_path, 9 * HOUR)
    make(passage("二。"))
    _aged(tmp_path, HOUR / 2)
    assert prune(tmp_path, NOW.timestamp(), keep=1).files == 0
    _aged(tmp_path, HOUR)
    assert prune(tmp_path, NOW.timestamp(), keep=1).files == 4


def test_pruning_clears_drafts_of_builds_that_died(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    make(passage("一。"))
    draft = Shelf(tmp_path).sentences / ".abc.wav.123"
    with dated(tmp_path, NOW):
        draft.write_bytes(b"RIFF")
    assert prune(tmp_path, NOW.timestamp()).files == 0
    _aged(tmp_path, 2 * HOUR)
    assert prune(tmp_path, NOW.timestamp()).files == 1
    assert not draft.exists()


def test_nothing_is_pruned_where_a_set_cannot_be_read(
    make: Callable[..., Built], passage: Callable[..., Passage], tmp_path: Path
) -> None:
    built = make(passage("一。"))
    Shelf(tmp_path).manifest(built.set_id).write_text("{")
    _aged(tmp_path, 2 * HOUR)
    before = contents(tmp_path)
    with pytest.raises(BuildError, match="nothing was cleared away"):
        prune(tmp_path, NOW.timestamp())
    assert contents(tmp_path) == before


def test_pruning_an_empty_folder_does_nothing(tmp_path: Path) -> None:
    assert prune(tmp_path, NOW.timestamp()).files == 0

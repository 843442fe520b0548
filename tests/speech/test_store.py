"""What processes that answer calls see of the sound: the set in use, its indexes, and what is missing from it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ivr.findings import Finding
from ivr.speech.build import build
from ivr.speech.store import AudioLibrary, Index, Said, Shelf, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.passage import Passage
    from ivr.speech.lexicon import Lexicon
    from ivr.speech.voices import Voice


@pytest.fixture
def make(voice: Callable[[str], Voice], words: Lexicon, tmp_path: Path) -> Callable[..., str]:
    """Build a set with the tone engine and give its id."""
    return lambda *passages: build(passages, voice("tone"), words, tmp_path).set_id


def test_nothing_made_yet_is_a_warning_and_no_file(tmp_path: Path, passage: Callable[..., Passage]) -> None:
    library = AudioLibrary(tmp_path)
    assert (library.name_for(passage("はい。").key), library.version, library.voice) == (None, "", "")
    assert [(finding.level, finding.file) for finding in library.findings] == [
        ("warning", str(tmp_path / "audio/current"))
    ]


def test_a_set_is_known_by_passage_with_its_index(
    tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    said = passage("カードです。", "かなです。")
    set_id = make(said)
    library = AudioLibrary(tmp_path)
    name = library.name_for(said.key)
    assert name is not None
    assert (library.version, library.voice, library.findings) == (set_id, "tone", ())
    assert library.path(name) == tmp_path / f"audio/files/{name}.wav"
    index = library.index(name)
    assert index is not None
    first, second = index.sentences
    assert (first.prompt, first.text, first.spoken, first.option) == ("a", "[カードです。]", "カードです。", "")
    assert (first.begin, round(second.begin - first.end, 3)) == (0.15, 0.4)
    assert round(index.seconds - second.end, 3) == 0.3
    assert index == Index.from_json(index.to_json())


def test_another_set_is_noticed_and_names_of_the_old_one_stay_playable(
    tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    old, new = passage("前の言葉。"), passage("次の言葉。")
    make(old)
    library = AudioLibrary(tmp_path)
    name = library.name_for(old.key)
    assert library.refresh() is False
    make(new)
    assert library.refresh() is True
    assert (library.name_for(old.key), library.name_for(new.key) is None) == (None, False)
    assert library.path(str(name)) == tmp_path / f"audio/files/{name}.wav"
    assert library.index(str(name)) is not None
    assert library.refresh() is False


@pytest.mark.parametrize("harm", ["deleted", "cut off", "no index"])
def test_a_file_that_is_gone_or_cut_off_is_noticed_and_not_named(
    harm: str, tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    whole, broken = passage("一つ目。"), passage("二つ目。")
    make(whole, broken)
    library = AudioLibrary(tmp_path)
    name = str(library.name_for(broken.key))
    wav = Shelf(tmp_path).wav(name)
    content = wav.read_bytes()
    if harm == "no index":
        Shelf(tmp_path).index(name).unlink()
    else:
        wav.unlink()
    if harm == "cut off":
        wav.write_bytes(content[:-10])
    assert library.refresh() is True
    assert library.name_for(broken.key) is None
    assert library.name_for(whole.key) is not None
    assert library.findings == (
        Finding(
            str(wav),
            0,
            "warning",
            "cannot be played (missing or cut off): callers hear Twilio's voice instead. Run `ivr prompts build`",
            "再生できません(missing or cut off)。代わりに Twilio の音声で読み上げます。"
            "ivr prompts build を実行してください",
        ),
    )
    make(whole, broken)
    assert library.refresh() is True
    assert (library.name_for(broken.key), library.findings) == (name, ())


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("current", "../../etc"),
        ("current", "0123456789ab"),
        ("current", "\xff"),
        ("manifest", ""),
        ("manifest", "[]"),
        ("manifest", "{}"),
        ("manifest", '{"format": 2, "voice": "x", "passages": {}}'),
        ("manifest", '{"format": 1, "voice": "x", "passages": {"k": {"name": "../../../../etc/passwd"}}}'),
        ("manifest", '{"format": 1, "voice": "x", "passages": []}'),
    ],
)
def test_a_broken_set_leaves_the_one_in_use_and_warns(
    place: str, content: str, tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    said = passage("はい。")
    set_id = make(said)
    library = AudioLibrary(tmp_path)
    shelf = Shelf(tmp_path)
    if place == "manifest":
        shelf.manifest("0123456789ab").write_text(content)
        content = "0123456789ab"
    shelf.current.write_bytes(content.encode("latin-1"))
    assert library.refresh() is True
    assert (library.version, library.name_for(said.key) is None) == (set_id, False)
    assert [(finding.level, finding.file) for finding in library.findings] == [("warning", str(shelf.top))]
    afresh = AudioLibrary(tmp_path)
    assert (afresh.version, afresh.name_for(said.key), len(afresh.findings)) == ("", None, 1)


def test_files_that_went_with_their_manifest_are_not_named(
    tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    one, two = passage("一つ目。"), passage("二つ目。")
    set_id = make(one, two)
    library, shelf = AudioLibrary(tmp_path), Shelf(tmp_path)
    shelf.manifest(set_id).unlink()
    shelf.wav(str(library.name_for(one.key))).unlink()
    assert library.refresh() is True
    assert (library.name_for(one.key), library.name_for(two.key) is None) == (None, False)
    assert len(library.findings) == 2


def test_a_library_stays_with_the_voice_set_that_it_is_told_to_follow(
    tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    old, new = passage("前の言葉。"), passage("次の言葉。")
    first, second = make(old), make(new)
    library = AudioLibrary(tmp_path, first)
    before = library.now
    assert (before.id, before.name_for(old.key) is None, before.name_for(new.key)) == (first, False, None)
    make(passage("また別の言葉。"))
    library.refresh()
    assert library.version == first
    library.follow(second)
    assert (library.version, library.name_for(old.key), library.name_for(new.key) is None) == (second, None, False)
    assert before.name_for(old.key) is not None  # whoever took it before still has all of it
    library.follow("0" * 12)
    assert (library.version, len(library.findings)) == (second, 1)


def test_a_voice_set_is_whole_with_all_its_files(
    tmp_path: Path, passage: Callable[..., Passage], make: Callable[..., str]
) -> None:
    set_id, shelf = make(passage("一つ目。")), Shelf(tmp_path)
    assert (whole(shelf, set_id), whole(shelf, "0" * 12)) == (True, False)
    next(shelf.files.glob("*.wav")).unlink()
    assert whole(shelf, set_id) is False


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"seconds": 1, "sentences": [{"prompt": "a"}]}', '{"seconds": null, "sentences": []}']
)
def test_a_broken_index_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"not an index|Expecting value"):
        Index.from_json(content)


@pytest.mark.parametrize("name", ["", "..", "../sets/x", "a" * 24, "A" * 24, "0123456789abcdef01234567.wav"])
def test_only_names_of_files_have_a_place(name: str, tmp_path: Path) -> None:
    (tmp_path / "audio/files").mkdir(parents=True)
    library = AudioLibrary(tmp_path)
    assert (library.path(name), library.index(name)) == (None, None)


def test_what_is_said_can_be_written_as_json() -> None:
    index = Index(2.5, (Said("a", "一", "いち", "1", 0.15, 2.2),))
    assert json.loads(index.to_json()) == {
        "seconds": 2.5,
        "sentences": [{"prompt": "a", "text": "一", "spoken": "いち", "option": "1", "begin": 0.15, "end": 2.2}],
    }


def test_processes_that_answer_calls_load_no_engine() -> None:
    script = (
        "import sys; import ivr.speech.store\n"
        "print([name for name in ('ivr.speech.engines', 'numpy', 'pyopenjtalk', 'gtts') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

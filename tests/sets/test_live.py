"""Changes take effect while calls go on: web and background process as they run, callers over HTTP, editors on disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from patience import PATIENCE, today

from ivr import content
from ivr.sets.kept import Sets
from ivr.speech.store import Shelf, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Answer, Root, Served

REPOSITORY = Path(__file__).resolve().parents[2]
WORDS = "prompts/ja/words.yaml"
FLOW = "flows/helpline.yaml"


@pytest.fixture
def served(serve: Callable[..., object]) -> Iterator[Served]:
    """Run the small helpline, web and background process, until its first set has taken over everywhere."""
    with serve("--work") as running:
        takes_over(running, "")
        yield running


def takes_over(served: Served, before: str) -> str:
    """Wait until every web process answers with another set than before; gives its version.

    None `before` is for a start, where the processes may begin with it; later each of them says that it went over.
    """
    served.waits_for(lambda: served.sets.uses().now and served.sets.uses().now.version != before)
    use = served.sets.uses().now
    assert use
    served.waits_for(lambda: not before or served.taken_over(use.version))
    served.waits_for(lambda: served.hears(use.version) and all(served.post("/voice").plays for _ in range(12)))
    return use.version


def test_a_call_goes_on_with_changed_words_and_a_changed_flow(served: Served, root: Root) -> None:
    opening = served.post("/voice")
    first = opening.version
    papers = served.post(opening.action, Digits="2")
    assert served.says(papers).startswith("持ち物は、免許証です。")
    heard_before = [*opening.plays, *papers.plays]
    # ---- the words of the answer change, and it gets another key; an editor saves one file, then the other
    root.says("持ち物は、旅券です。")
    root.change(
        FLOW, "goto: cost}\n", "goto: cost}\n      2: {name: lost, title: なくした, says: offer_lost, goto: lost}\n"
    )
    second = takes_over(served, first)
    assert second != first
    # ---- a call that stands in the middle hears the new words with its next key, and no apology
    again = served.post(papers.action, Digits="#")
    assert (again.status, again.version) == (200, second)
    assert served.says(again).startswith("持ち物は、旅券です。")
    assert "失礼しました" not in served.says(again)
    lost = served.post(papers.action, Digits="2")
    assert served.says(lost).startswith("止める電話は、0120-95-0178。")
    back = served.post(lost.action, Digits="*")
    assert served.says(back).startswith("持ち物は、旅券です。")
    # ---- sounds that were named before can still be fetched, those that are named now too
    sounds = [served.get(url) for url in (*heard_before, *again.plays, *lost.plays)]
    assert {(sound.status, sound.body[:4]) for sound in sounds} == {(200, b"RIFF")}
    assert [verb.tag for answer in (again, lost, back) for verb in answer.document.iter("Say")] == []
    assert len(served.logged("set_published")) == 2


def test_a_node_that_is_gone_leads_to_the_opening_with_an_apology(served: Served, root: Root) -> None:
    papers = served.post(served.post("/voice").action, Digits="2")
    text = (root.path / FLOW).read_text("utf-8").replace("  papers:\n", "  things:\n")
    (root.path / FLOW).write_text(text.replace("goto: papers", "goto: things"), "utf-8")
    takes_over(served, papers.version)
    assert served.says(served.post(papers.action, Digits="1")).startswith("失礼しました。試験の案内です。")


def test_what_cannot_be_used_changes_nothing_and_heals_itself(served: Served, root: Root) -> None:
    first = served.post("/voice").version
    good = (root.path / WORDS).read_text("utf-8")
    (root.path / WORDS).write_text(good[: len(good) // 2], "utf-8")  # an editor in the middle of saving
    served.waits_for(lambda: served.logged("set_refused"))
    assert (served.hears(first), served.sets.uses().all[0].version) == (True, first)
    assert served.logged("set_finding", "prompts/ja/words.yaml") or served.logged("set_finding", FLOW)
    refused = served.sets.refusal()
    assert refused
    assert refused.findings
    for _ in range(4):  # each beat is a round of the background process, which looks at the files in every round
        served.waits_for_a_beat()
    assert len(served.logged("set_refused")) == 1  # said once, not at every look
    (root.path / WORDS).write_text(good.replace("免許証", "旅券"), "utf-8")
    takes_over(served, first)
    assert served.says(served.post(served.post("/voice").action, Digits="2")).startswith("持ち物は、旅券です。")
    assert served.sets.refusal() is None


def test_a_closed_day_written_in_one_line_is_heard_without_a_restart(served: Served, root: Root) -> None:
    def cost() -> Answer:
        papers = served.post(served.post("/voice").action, Digits="2")
        return served.post(papers.action, Digits="1")

    first = cost()
    with (root.path / "flows/closed_days.yaml").open("a", encoding="utf-8") as file:
        file.write(f"- {{day: {today()}, says: 今日は、点検でお休みです。}}\n")
    takes_over(served, first.version)
    answer = cost()
    assert served.says(answer).startswith("今日は、点検でお休みです。")
    assert [verb.tag for verb in answer.document.iter("Say")] == []


def test_going_back_is_heard_at_once_and_stays_until_the_files_change(served: Served, root: Root) -> None:
    first = served.post("/voice").version
    root.says("持ち物は、旅券です。")
    second = takes_over(served, first)
    call = served.post(served.post("/voice").action, Digits="2")
    done = served.command("flows", "rollback")
    assert done.returncode == 0, done.stderr
    served.waits_for(lambda: served.taken_over(first, second))
    assert served.hears(first)
    assert served.says(served.post(call.action, Digits="#")).startswith("持ち物は、免許証です。")
    # ---- a background process that starts anew does not publish what is held
    (work,) = [pid for pid in children(served.process.pid) if b"work" in commandline(pid)]
    os.kill(work, signal.SIGKILL)
    served.waits_for(lambda: served.logged("set_held"))
    assert served.hears(first)
    root.says("持ち物は、住民票です。")
    third = takes_over(served, first)
    assert third not in (first, second)
    assert served.command("flows", "list", "--json").stdout.count('"version"') == 3


def children(process: int) -> list[int]:
    """List the processes below one, parents first."""
    found = [process]
    for parent in found:
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, listed.read_text().split())
    return found[1:]


def commandline(process: int) -> list[bytes]:
    return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")


def test_files_that_cannot_be_used_stop_no_start_where_a_set_was_published(
    serve: Callable[..., object], root: Root
) -> None:
    with serve("--work") as running:
        first = takes_over(running, "")
    root.says("持ち物は、{nothing}です。")
    with serve("--work") as running:
        running.waits_for(lambda: len(running.logged("set_refused")) >= 2)  # the web server and the background process
        assert running.hears(first)
        assert running.logged("set_finding", f"{WORDS}:{root.line(WORDS, 'papers:')}")
    with serve() as running:
        assert running.hears(first)
        assert running.post("/voice").plays


def test_without_a_background_process_the_first_start_publishes_too(serve: Callable[..., object]) -> None:
    with serve("--prepare") as running:
        assert takes_over(running, "") == running.post("/voice").version


def test_told_to_stop_in_the_middle_of_a_publication_it_stops_at_once(serve: Callable[..., object], root: Root) -> None:
    with serve("--work", IVR_SPEECH_ENGINE="quick") as running:
        running.waits_for(lambda: any(b"publish" in commandline(pid) for pid in children(running.process.pid)))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0
        below = [path.name for path in Path("/proc").glob("[0-9]*") if in_session(path, running.process.pid)]
        assert below == []
    assert Sets(running.data).uses().now is None
    assert root.path.exists()


def in_session(process: Path, session: int) -> bool:
    try:
        state, _, _, found = (process / "stat").read_text().rpartition(")")[2].split()[:4]
    except OSError:
        return False
    return int(found) == session and state != "Z"


# ---- killed at any moment --------------------------------------------------------------------------------------------


def complete(data: Path) -> bool:
    """Tell whether what callers hear is whole: nothing yet, or words that load with every sound that they need."""
    sets = Sets(data)
    use = sets.uses().now
    if use is None:
        return True
    loaded = content.load(sets.folder(use.version))
    return loaded.version == use.version and whole(Shelf(data), use.voice_set)


def test_killed_at_any_moment_nothing_half_is_ever_heard(root: Root, tmp_path: Path) -> None:
    chance, data = random.Random(7), tmp_path / "data"
    given = {**os.environ, "IVR_ROOT": str(root.path), "IVR_DATA": str(data), "IVR_SPEECH_ENGINE": "tone"}
    command = [sys.executable, "-m", "ivr.cli", "flows", "publish", "--watched"]
    stop, broken = threading.Event(), []

    def looks() -> None:
        while not stop.is_set():
            if not complete(data):
                broken.append(Sets(data).uses())

    watcher = threading.Thread(target=looks)
    watcher.start()
    try:
        for number in range(12):
            root.says(f"{'案内' * (number + 1)}です。")
            process = subprocess.Popen(command, env=given, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.2, 3.0))
            process.kill()
            process.wait()
            assert complete(data)
    finally:
        stop.set()
        watcher.join()
    assert broken == []
    assert subprocess.run(command, env=given, cwd=REPOSITORY, check=False).returncode == 0
    use = Sets(data).uses().now
    assert use
    assert use.version == content.load(root.path).version
    assert complete(data)
    assert [path.name for path in data.rglob(".draft*")] == []

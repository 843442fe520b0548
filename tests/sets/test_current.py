"""What answers calls in a process: which set it begins with, how another takes over, and what never disturbs it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ivr import content as contents
from ivr.app import create_app
from ivr.cli import serve
from ivr.findings import FindingsError
from ivr.sets.current import AGAIN, Current
from ivr.speech import build as speech
from ivr.speech import lexicon, voices
from ivr.speech.store import AudioLibrary, Shelf

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

    from conftest import Days, Root
    from flask import Flask
    from werkzeug.test import TestResponse

    from ivr.settings import Settings

FLOW = "flows/helpline.yaml"


@pytest.fixture
def lines(logged: io.StringIO) -> Callable[..., list[str]]:
    """Give the lines of the log that hold all of some words."""
    return lambda *words: [line for line in logged.getvalue().splitlines() if all(word in line for word in words)]


def build(settings: Settings) -> None:
    """Make the sound of the files, as `ivr prompts build` does, whether or not they would be published."""
    content = contents.load(settings.root, settings)
    voice = voices.choose(voices.load(settings.root), engine=settings.engine)
    speech.build(content.passages, voice, lexicon.load(settings.root), settings.data)


def papers(current: Current) -> tuple[str, bool]:
    """Give the words about papers and tell whether there is a sound for them."""
    now = current.now()
    (passage,) = now.content.body("papers")
    return passage.sentences[0].text, now.file_of(passage) is not None


# ---- which set a process begins with ---------------------------------------------------------------------------------


def test_nothing_published_the_files_of_the_root_answer(settings: Callable[..., Settings]) -> None:
    assert papers(Current(settings(), published=True)) == ("持ち物は、免許証です。", False)


def test_a_voice_that_is_not_ours_gets_what_is_hard_to_read_in_kana(settings: Callable[..., Settings]) -> None:
    assert Current(settings()).now().words("旧氏は、第二日曜日の零時五分。") == "キューウジは、第2日曜日のレージ5分。"


def test_a_lexicon_that_cannot_be_used_cuts_nobody_off(
    settings: Callable[..., Settings], root: Root, lines: Callable[..., list[str]]
) -> None:
    (root.path / lexicon.FILE).write_text("words: [", "utf-8")
    assert Current(settings()).now().words("旧氏、零時。") == "旧氏、レージ。"
    (line,) = lines("lexicon_unusable")
    assert "prompts/lexicon.yaml" in line


def test_nothing_published_and_files_that_cannot_be_used_are_refused(
    settings: Callable[..., Settings], root: Root
) -> None:
    root.change(FLOW, "goto: cost", "goto: coast")
    with pytest.raises(FindingsError, match="coast"):
        Current(settings(), published=True)


def test_callers_hear_what_was_published_and_tools_what_editors_wrote(
    settings: Callable[..., Settings], days: Days, root: Root, lines: Callable[..., list[str]]
) -> None:
    days.publish()
    assert lines("root_not_published") == []
    root.says("持ち物は、旅券です。")
    assert papers(Current(settings(), published=True)) == ("持ち物は、免許証です。", True)
    assert papers(Current(settings())) == ("持ち物は、旅券です。", False)
    assert len(lines("root_not_published")) == 1


def test_files_that_cannot_be_used_do_not_stop_a_start_and_are_named(
    settings: Callable[..., Settings], days: Days, root: Root, lines: Callable[..., list[str]]
) -> None:
    days.publish()
    root.change(FLOW, "goto: cost", "goto: coast")
    assert papers(Current(settings(), published=True)) == ("持ち物は、免許証です。", True)
    assert len(lines("set_finding", f"{FLOW}:{root.line(FLOW, 'coast')}", "coast")) == 1
    assert len(lines("set_refused", "errors=1")) == 1
    with pytest.raises(FindingsError):
        Current(settings())


def test_a_set_that_was_spoilt_gives_way_to_the_files_and_where_they_are_spoilt_too_to_an_earlier_set(
    settings: Callable[..., Settings], days: Days, root: Root, lines: Callable[..., list[str]]
) -> None:
    days.publish()
    root.says("持ち物は、旅券です。")
    days.publish()
    spoilt = days.sets.folder(days.heard) / "prompts/ja/words.yaml"
    spoilt.write_text(spoilt.read_text("utf-8").replace("旅券", "切手"), "utf-8")
    root.says("持ち物は、住民票です。")
    assert papers(Current(settings(), published=True)) == ("持ち物は、住民票です。", False)
    assert len(lines("set_unusable")) == 1
    root.says("※")
    root.change(FLOW, "goto: cost", "goto: coast")
    assert papers(Current(settings(), published=True)) == ("持ち物は、免許証です。", True)
    shutil.rmtree(days.sets.top)
    with pytest.raises(FindingsError, match="coast"):
        Current(settings(), published=True)


def test_a_pointer_that_cannot_be_read_leads_to_the_set_published_last(
    settings: Callable[..., Settings], days: Days, root: Root, lines: Callable[..., list[str]]
) -> None:
    days.publish()
    root.says("持ち物は、旅券です。")
    days.publish()
    days.sets.current.write_text("{")
    assert papers(Current(settings(), published=True)) == ("持ち物は、旅券です。", True)
    assert len(lines("sets_unreadable")) == 1


@pytest.mark.parametrize("tool", ["publication", "prompts build"])
def test_a_set_that_is_refused_before_anything_was_published_costs_no_sound(
    tool: str, settings: Callable[..., Settings], days: Days, root: Root
) -> None:
    build(settings())
    current = Current(settings(), published=True)
    assert papers(current) == ("持ち物は、免許証です。", True)
    root.says("持ち物は、" + "旅券と、" * 99 + "です。")
    if tool == "publication":
        with pytest.raises(FindingsError):
            days.publish()
    else:
        build(settings())
    current.refresh()
    assert papers(current) == ("持ち物は、免許証です。", True)
    # ---- what is mended takes over, words and sound together
    root.says("持ち物は、旅券です。")
    days.publish()
    current.refresh()
    assert papers(current) == ("持ち物は、旅券です。", True)


def test_sound_that_is_lost_on_disk_is_not_taken_for_there_because_a_later_set_lacks_it(
    settings: Callable[..., Settings], root: Root
) -> None:
    build(settings())
    current = Current(settings(), published=True)
    (passage,) = current.now().content.body("papers")
    file = current.library.path(current.now().file_of(passage) or "")
    root.says("持ち物は、旅券です。")
    build(settings())
    assert file
    file.unlink()
    current.refresh()
    assert papers(current) == ("持ち物は、免許証です。", False)
    assert current.now().file_of(current.now().content.body("lost")[0])


# ---- taking over -----------------------------------------------------------------------------------------------------


def test_another_set_takes_over_with_its_sound(
    settings: Callable[..., Settings], days: Days, root: Root, lines: Callable[..., list[str]]
) -> None:
    days.publish()
    current = Current(settings(), published=True)
    before = current.now()
    current.refresh()
    assert current.now() is before
    root.says("持ち物は、旅券です。")
    days.publish()
    assert papers(current) == ("持ち物は、免許証です。", True)
    current.refresh()
    assert papers(current) == ("持ち物は、旅券です。", True)
    assert current.now().content.version == days.heard
    assert len(lines("set_taken_over")) == 1
    # ---- a turn that took the set before that still finds everything, and its sounds can still be fetched
    (passage,) = before.content.body("papers")
    name = before.file_of(passage)
    assert name
    assert current.library.path(name)
    assert current.library.index(name)
    days.back()
    current.refresh()
    assert papers(current) == ("持ち物は、免許証です。", True)


def test_what_was_served_from_the_root_goes_on_as_the_set_of_the_same_words(
    settings: Callable[..., Settings], days: Days
) -> None:
    current = Current(settings(), published=True)
    before = current.now()
    days.publish()
    current.refresh()
    assert papers(current) == ("持ち物は、免許証です。", True)
    assert current.now().content is before.content


def test_the_words_for_when_all_else_fails_change_with_the_set(
    settings: Callable[..., Settings], days: Days, root: Root
) -> None:
    days.publish()
    current = Current(settings(), published=True)
    assert "キュウニーヨン" not in current.now().last_resort
    root.change("flows/facts.yaml", "0120-95-0178", "0120-00-0924")
    days.publish()
    current.refresh()
    before, now = "ゼロイチナナハチ", "ゼロキュウニーヨン"
    assert (before in current.now().last_resort, now in current.now().last_resort) == (False, True)


def test_another_voice_set_for_the_same_words_takes_over(settings: Callable[..., Settings], days: Days) -> None:
    days.publish()
    office = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-fri 08:30-17:00"}
    current = Current(settings(**office), published=True)
    before = current.now()
    missing = [passage for passage in before.content.passages if not before.file_of(passage)]
    assert missing
    days.publish(**office)
    current.refresh()
    assert current.now().content is before.content
    assert [passage for passage in missing if not current.now().file_of(passage)] == []


def test_prompts_that_an_editor_builds_are_not_what_callers_hear(settings: Callable[..., Settings], days: Days) -> None:
    days.publish()
    current = Current(settings(), published=True)
    before = current.now()
    Shelf(settings().data).current.write_text("0123456789ab\n")
    current.refresh()
    assert current.now() is before
    assert AudioLibrary(settings().data).version == ""


def test_a_web_process_that_replaces_another_begins_with_what_callers_hear_now(
    app: Flask, days: Days, root: Root
) -> None:
    first = days.heard
    root.says("持ち物は、旅券です。")
    days.publish()
    assert app.extensions["ivr"].content.version == first
    serve.begin(None, SimpleNamespace(app=SimpleNamespace(wsgi=lambda: app)))
    assert app.extensions["ivr"].content.version == days.heard
    app.extensions["ticker"].stop()


# ---- what never disturbs it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["damaged pointer", "set gone", "words changed", "file missing", "pointer gone"])
def test_a_set_that_cannot_be_used_leaves_the_one_in_use_and_is_tried_again_later(
    harm: str, settings: Callable[..., Settings], days: Days, root: Root, lines: Callable[..., list[str]]
) -> None:
    days.publish()
    current = Current(settings(), published=True)
    root.says("持ち物は、旅券です。")
    days.publish()
    folder, good = days.sets.folder(days.heard), days.sets.current.read_bytes()
    aside = folder.with_name("aside")
    if harm == "damaged pointer":
        days.sets.current.write_text("{")
    elif harm == "pointer gone":
        days.sets.current.unlink()
    elif harm == "set gone":
        folder.rename(aside)
    else:
        shutil.copytree(folder, aside)
        file = folder / "prompts/ja/words.yaml"
        file.unlink() if harm == "file missing" else file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    for _ in range(AGAIN - 1):
        current.refresh()
    assert papers(current) == ("持ち物は、免許証です。", True)
    assert len(lines("set_not_taken_over")) == (harm != "pointer gone")
    # ---- mended
    if aside.exists():
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    else:
        days.sets.current.write_bytes(good)
    for _ in range(2):
        current.refresh()
    assert papers(current) == ("持ち物は、旅券です。", True)


# ---- one request, one set --------------------------------------------------------------------------------------------


@pytest.fixture
def app(settings: Callable[..., Settings], days: Days) -> Iterator[Flask]:
    """Make the application as the web server does."""
    days.publish()
    made = create_app(settings(), published=True)
    yield made
    made.extensions["ivr"].spool.close()


def post(app: Flask, path: str, **more: str) -> TestResponse:
    ours = app.extensions["ivr"]
    form = {"CallSid": "CA" + "0" * 32, "AccountSid": "AC" + "1" * 32, "To": "+815012345678", **more}
    text = ours.public_url + path + "".join(name + form[name] for name in sorted(form))
    token = ours.tokens.account.encode()
    signature = base64.b64encode(hmac.new(token, text.encode(), hashlib.sha1).digest()).decode()
    return app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature})


def test_a_set_that_takes_over_in_the_middle_of_a_request_answers_the_next_one(
    app: Flask, settings: Callable[..., Settings], days: Days, root: Root
) -> None:
    old, first = Current(settings(), published=True).now(), days.heard
    root.says("持ち物は、旅券です。")
    days.publish()
    new = Current(settings(), published=True).now()
    taken: list[str] = []

    def next_set() -> object:
        """Give the old set to whoever asks first, and the new one to everybody after that."""
        taken.append("")
        return old if len(taken) == 1 else new

    ours = app.extensions["ivr"]
    app.extensions["ivr"] = type(ours)(**{**vars(ours), "current": next_set})
    answer = post(app, "/voice")
    (url,) = re.findall(r"/audio/([0-9a-f]{24}).wav", answer.text)
    (opening,) = old.content.body("opening")
    assert (url, re.findall(r"\.([0-9a-f]{8})\.[0-9a-f]{8}\.\w+\"", answer.text)[0]) == (old.file_of(opening), first)
    action = re.findall(r'action="http://[^/]*([^"]*)"', answer.text)[0]
    second = post(app, action, Digits="2")
    (passage,) = new.content.body("papers")
    assert f"/audio/{new.file_of(passage)}.wav" in second.text
    assert "position_unreadable" not in second.text
    assert first not in second.text

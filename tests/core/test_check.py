"""How long callers wait and listen: every limit found where it is exceeded, by `ivr check` as editors call it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ivr import content, twiml
from ivr.board import Board
from ivr.check import Lengths, first_answers, last_resort, lengths, today_sentences, unheard
from ivr.check import words as spoken
from ivr.settings import Settings
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from conftest import Root

    from ivr.findings import Finding

REPOSITORY = Path(__file__).resolve().parents[2]
FLOW = "flows/helpline.yaml"
WORDS = "prompts/ja/words.yaml"
CLOSED = "flows/closed_days.yaml"
LONG = "とてもながいはなし" * 24  # 216 morae, more than half a minute


@pytest.fixture
def moment() -> datetime:
    return datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


def checked(root: Root, now: datetime) -> list[Finding]:
    loaded = content.load(root.path, Settings(office_phone="+81312345678", office_hours="mon-fri 08:30-17:00"))
    return list(lengths(loaded, Lengths(AudioLibrary(root.path / "no audio here")), now, Board()))


def node_line(root: Root, node: str) -> int:
    return root.line(FLOW, f"  {node}:", after="nodes:")


def test_the_invented_helpline_keeps_every_limit(root: Root, moment: datetime) -> None:
    assert [str(item) for item in checked(root, moment) if item.node != "counter"] == []


def test_a_passage_that_is_too_long_is_found_at_its_node(root: Root, moment: datetime) -> None:
    root.change(WORDS, "shut: 時間外です。", f"shut: {LONG}。")
    found = [item for item in checked(root, moment) if item.node == "shut"]
    assert [(item.file, item.line, item.level) for item in found] == [(FLOW, node_line(root, "shut"), "error")]
    assert re.fullmatch(
        r"node shut takes \d\d\.\d s \(estimated by morae\), at most 30 s are allowed: shorten the words or split them",
        found[0].text,
    )
    assert "拍数による見積もり" in found[0].text_ja


def test_passages_that_are_heard_together_are_measured_together(root: Root, moment: datetime) -> None:
    half = LONG[: len(LONG) * 6 // 10]
    root.change(WORDS, "keys: 繰り返しは{key:repeat}です。", f"keys: {half}。")
    assert "nobody_known" not in {item.node for item in checked(root, moment)}
    root.change(WORDS, "nobody_known: 担当は、", f"nobody_known: {half}。担当は、")
    assert "nobody_known" in {item.node for item in checked(root, moment)}


def test_only_an_answer_that_can_be_the_first_explains_the_common_keys(root: Root, moment: datetime) -> None:
    half = LONG[: len(LONG) * 6 // 10]
    more = "    options:\n      1: {name: more, says: offer_deep, goto: more}\n"
    root.change(FLOW, "    says: [papers]\n", f"    says: [papers]\n{more}")
    root.add(FLOW, "  more:\n    kind: answer\n    says: [more]\n")
    root.add(WORDS, f"more: {half}。\n")
    root.change(WORDS, "keys: 繰り返しは{key:repeat}です。", f"keys: {half}。")
    root.change(WORDS, "papers: 費用", f"papers: {half}。費用")
    first = first_answers(content.load(root.path).flow)
    assert {"counter", "lost", "nobody_known", "papers", "shut", "talked", "was_busy"} <= first
    assert "more" not in first
    found = {item.node for item in checked(root, moment)}
    assert "papers" in found
    assert "more" not in found


def test_a_fact_that_nobody_hears_is_found_at_its_line(root: Root) -> None:
    loaded = content.load(root.path)
    found = {item.line: item for item in unheard(loaded) if "reissue_fee_card" in item.text}
    ((line, finding),) = found.items()
    assert (finding.file, finding.level) == ("flows/facts.yaml", "error")
    assert line == loaded.facts["reissue_fee_card"].line
    assert "{=reissue_fee_card}" in finding.text


def test_a_fact_is_heard_when_it_is_spoken_told_or_dialled(root: Root) -> None:
    def heard() -> set[str]:
        loaded = content.load(root.path)
        texts = " ".join(item.text for item in unheard(loaded))
        return {fact.id for fact in loaded.facts if f"{{={fact.id}}}" not in texts}

    before = heard()
    assert {"reissue_fee", "suspension_phone", "hours_reissue_tuesday_closes"} <= before
    root.change(WORDS, "papers: 費用は{reissue_fee}です。", "papers: 費用は{reissue_fee}です{=reissue_fee_may}。")
    assert heard() - before == {"reissue_fee_may"}


def test_an_unsettled_place_about_which_nobody_is_told_to_ask_is_found(root: Root) -> None:
    def asked() -> list[str]:
        return [
            item.text
            for item in unheard(content.load(root.path))
            if "pin_store_who:" in f"{item.text}:" or "{?pin_store_who}" in item.text
        ]

    (text,) = asked()
    assert "{?pin_store_who}" in text
    root.change(WORDS, "deep: 奥です。", "deep: 奥です{?pin_store_who}。")
    assert asked() == []


def test_a_mark_is_silent(root: Root) -> None:
    root.change(WORDS, "deep: 奥です。", "deep: 奥です{?pin_store_who}{=reissue_fee_may}。")
    (passage,) = content.load(root.path).body("deep")
    assert next((s.text, s.spoken) for s in passage.sentences) == ("奥です。", "奥です。")


def test_a_closing_that_is_long_to_say_is_a_warning_and_not_an_error(root: Root, moment: datetime) -> None:
    root.change(WORDS, "keys: 繰り返しは{key:repeat}です。", f"keys: {LONG[:90]}。")
    assert [item for item in checked(root, moment) if item.node == "counter"] == []
    says = f"今日は、{LONG[:90]}。"
    (root.path / CLOSED).write_text(f"closed:\n- {{day: 2027-01-16, procedures: [reissue], says: {says}}}\n", "utf-8")
    (found,) = [item for item in checked(root, moment) if item.node == "counter"]
    assert (found.file, found.level) == (CLOSED, "warning")
    assert "node counter around a closed day takes" in found.text


def test_sentences_that_depend_on_the_day_are_counted(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = content.load(root.path)
    assert loaded.today_sentences > 100
    assert list(today_sentences(loaded)) == []
    monkeypatch.setattr("ivr.check.TODAY_SENTENCES", loaded.today_sentences - 1)
    (finding,) = today_sentences(loaded)
    assert (finding.file, finding.level) == ("flows/counters.yaml", "error")
    assert str(loaded.today_sentences) in finding.text


def test_a_rewording_that_is_too_long_is_found(root: Root, moment: datetime) -> None:
    root.change(WORDS, "own_twice: 聞き直せます。", f"own_twice: {LONG}。")
    (found,) = [item for item in checked(root, moment) if item.node == "papers"]
    assert "silence 2" in found.text


def test_the_apology_and_the_opening_are_one_passage(root: Root, moment: datetime) -> None:
    root.change(WORDS, "sorry: 失礼しました。", f"sorry: {LONG[:180]}。")
    assert [item.line for item in checked(root, moment)] != []


def test_an_opening_that_goes_on_for_too_long_is_found(root: Root, moment: datetime) -> None:
    root.change(WORDS, "offer_other: ほかは、{key}。", f"offer_other: {LONG[:120]}は、{{key}}。")
    texts = [item.text for item in checked(root, moment) if item.node == "opening"]
    assert any("the last option of the opening" in text and "at most 20 s" in text for text in texts)


@pytest.mark.parametrize("prompt", ["question", "thanks", "regrets"])
def test_a_survey_that_keeps_people_long_is_found_at_its_line(root: Root, moment: datetime, prompt: str) -> None:
    assert not [item for item in checked(root, moment) if "survey" in item.text]
    root.change(WORDS, f"\n{prompt}: ", f"\n{prompt}: {LONG[:90]}。")
    (found,) = [item for item in checked(root, moment) if "survey" in item.text]
    assert "at most 12 s" in found.text
    assert (found.file, found.line) == (WORDS, root.line(WORDS, f"{prompt}: "))


def test_a_number_heard_too_late_after_a_lost_card_is_found(root: Root, moment: datetime) -> None:
    root.change(WORDS, "hello: 試験の案内です。", f"hello: {LONG[:60]}。")
    root.change(WORDS, "lost_number: 止める", f"lost_number: {LONG[:30]}。止める")
    texts = [item.text for item in checked(root, moment) if item.node == "lost"]
    assert any("the suspension number after a lost card" in text and "at most 15 s" in text for text in texts)


def test_a_lost_card_that_leads_to_other_words_is_found(root: Root, moment: datetime) -> None:
    root.change(WORDS, "lost_number: 止める電話は、{suspension_phone}。", "lost_number: 止めてください。")
    texts = [item.text for item in checked(root, moment)]
    assert any("must lead to the suspension number at once" in text for text in texts)


def test_a_lost_card_that_leads_to_another_menu_is_found(root: Root, moment: datetime) -> None:
    root.change(FLOW, "offer_lost, goto: lost}", "offer_lost, goto: deep}")
    root.change(FLOW, "1: {name: other, says: offer_around, goto: other}", "1: {name: x, says: offer_deep, goto: lost}")
    texts = [item.text for item in checked(root, moment)]
    assert any("must lead to the suspension number at once" in text for text in texts)


def test_a_caller_who_presses_nothing_must_hear_the_number_in_time(root: Root, moment: datetime) -> None:
    root.change(WORDS, "silent_once: 番号は{suspension_phone}。", "silent_once: お選びください。")
    texts = [item.text for item in checked(root, moment)]
    assert any("the suspension number for somebody who presses nothing" in text for text in texts)


def test_a_caller_who_presses_nothing_must_be_through_in_time(root: Root, moment: datetime) -> None:
    root.change(FLOW, "menu_wait: 6", "menu_wait: 30")
    texts = [item.text for item in checked(root, moment)]
    assert any("the rewordings for somebody who presses nothing" in text and "100 s" in text for text in texts)


def test_an_answer_behind_more_than_four_keys_is_found(root: Root, moment: datetime) -> None:
    menu = "    kind: menu\n    says: [deep]\n    options:\n      1: {name: x, says: offer_deep, goto: "
    root.change(
        FLOW, "1: {name: other, says: offer_around, goto: other}", "1: {name: x, says: offer_deep, goto: deeper}"
    )
    root.add(FLOW, f"  deeper:\n{menu}deepest}}\n  deepest:\n{menu}ground}}\n")
    root.add(FLOW, "  ground:\n    kind: answer\n    says: [deep]\n")
    found = [item for item in checked(root, moment) if item.node == "ground"]
    assert [item.line for item in found] == [node_line(root, "ground")]


# ---- as a command --------------------------------------------------------------------------------------------------


def run(root: Path, data: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    ours = ("IVR_", "TWILIO_", "LC_", "LANG", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "ivr.cli", *arguments],
        env={**kept, "LC_ALL": "C.UTF-8", "IVR_DATA": str(data), "IVR_ROOT": str(root), **environ},
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_spoiled_set_is_reported_on_standard_error_and_fails(root: Root, tmp_path: Path) -> None:
    root.change(FLOW, "says: [deep]", "says: [deeep]")
    line = root.line(FLOW, "deeep")
    done = run(root.path, tmp_path / "data", "check")
    assert (done.returncode, done.stdout) == (1, "")
    place = f"{WORDS}:{root.line(WORDS, 'deep: 奥で')}"
    told = f"{FLOW}:{line}: error: there is no prompt 'deeep'; did you mean 'deep' ({place}), which nobody asks for?"
    assert told in done.stderr.splitlines()
    assert re.fullmatch(r"\d+ errors, \d+ warnings", done.stderr.splitlines()[-1])
    said = f"「deeep」というプロンプトはありません。使われていない「deep」({place})ではありませんか"
    for arguments, environ in (
        (("check",), {"LC_ALL": "ja_JP.UTF-8"}),
        (("check",), {"LC_ALL": "", "LC_MESSAGES": "ja_JP.UTF-8"}),
        (("check",), {"LC_ALL": "", "LANG": "ja_JP.UTF-8"}),
        (("check", "--language", "ja"), {}),
        (("--language", "ja", "check"), {}),
    ):
        japanese = run(root.path, tmp_path / "data", *arguments, **environ).stderr.splitlines()
        assert f"{FLOW}:{line}: error: {said}" in japanese
        assert re.fullmatch(r"エラー \d+ 件、警告 \d+ 件", japanese[-1])
    english = run(root.path, tmp_path / "data", "check", "--language", "en", LC_ALL="ja_JP.UTF-8")
    assert told in english.stderr.splitlines()


TOLD = (
    ("prompts", "build"),
    ("prompts", "check"),
    ("prompts", "list"),
    ("flows", "publish"),
    ("facts",),
    ("work", "--once"),
)


@pytest.mark.parametrize("command", [*TOLD, ("serve",), ("test",), ("check",)], ids=" ".join)
def test_every_command_tells_what_is_wrong_with_the_settings_in_japanese(
    command: tuple[str, ...], root: Root, tmp_path: Path
) -> None:
    done = run(root.path, tmp_path / "data", *command, "--language", "ja", PORT="x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "settings:0: error: PORT: 「x」は整数ではありません(ウェブサーバーのポート番号)\n"


def test_the_root_may_be_named_on_the_command_line(root: Root, tmp_path: Path) -> None:
    root.change(FLOW, "says: [deep]", "says: [deeep]")
    done = run(REPOSITORY, tmp_path / "data", "check", "--root", str(root.path))
    assert (done.returncode, "'deeep'" in done.stderr) == (1, True)


def test_json_holds_every_finding_and_nothing_else(root: Root, tmp_path: Path) -> None:
    root.change(FLOW, "says: [deep]", "says: [deeep]")
    root.add(WORDS, "orphan: だれも言いません。\n")
    done = run(root.path, tmp_path / "data", "check", "--json")
    assert done.returncode == 1
    found = {(item["level"], item["file"], item["line"], item["node"]) for item in json.loads(done.stdout)}
    assert found >= {
        ("error", FLOW, root.line(FLOW, "deeep"), "deep"),
        ("error", WORDS, root.line(WORDS, "orphan:"), ""),
    }
    assert {frozenset(item) for item in json.loads(done.stdout)} == {
        frozenset({"level", "file", "line", "node", "text", "text_ja"})
    }


def test_a_root_that_does_not_exist_is_a_bad_argument(root: Root, tmp_path: Path) -> None:
    assert run(root.path, tmp_path / "data", "check", "--root", str(tmp_path / "nowhere")).returncode == 2
    assert run(root.path, tmp_path / "data", "check", "--roots", "x").returncode == 2


def test_a_prompts_file_that_is_no_map_is_reported_without_a_traceback(root: Root, tmp_path: Path) -> None:
    (root.path / "prompts/ja/more.yaml").write_text("greeting こんにちは\n", "utf-8")
    done = run(root.path, tmp_path / "data", "check")
    assert done.returncode == 1
    assert "prompts/ja/more.yaml:1: error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_with_audio_lengths_are_measured_and_not_estimated(root: Root, tmp_path: Path) -> None:
    root.change(WORDS, "shut: 時間外です。", f"shut: {LONG}。")
    built = run(root.path, tmp_path / "data", "prompts", "build", IVR_SPEECH_ENGINE="tone")
    assert built.returncode == 0, built.stderr
    done = run(root.path, tmp_path / "data", "check")
    (line,) = [line for line in done.stderr.splitlines() if "node shut takes" in line]
    assert "estimated" not in line


def test_an_announcement_that_keeps_people_waiting_is_found_at_its_line(root: Root, moment: datetime) -> None:
    root.change(WORDS, "storm: 台風です。", f"storm: {LONG[:72]}。")
    (found,) = [item for item in checked(root, moment) if "storm" in item.text]
    assert (found.file, found.line, found.level) == (WORDS, root.line(WORDS, "storm:"), "error")
    assert "at most 8 s are allowed" in found.text


def test_what_no_rule_reads_is_found_where_it_is_written(root: Root) -> None:
    doubtful = ["①の窓口です。", "Ⅱの窓口です。", "七一一九です。", "九割です。", "郵送の方が簡単です。", "ここ→です。"]
    root.change(WORDS, "shut: 時間外です。", f"shut: {''.join(doubtful)}")
    found = list(spoken(content.load(root.path)))
    here = (WORDS, root.line(WORDS, "shut:"), "error")
    assert [(item.file, item.line, item.level) for item in found] == [here] * len(doubtful)
    parts = ["①", "Ⅱ", "七一一九", "九割", "郵送の方が簡", "→"]
    assert [part in item.text for part, item in zip(parts, found, strict=True)] == [True] * len(parts)


def test_a_doubt_in_a_sentence_of_the_tables_is_found_in_the_table(root: Root) -> None:
    root.change("flows/counters.yaml", "before: いまは、まだ", "before: 今の方は、まだ")
    found = list(spoken(content.load(root.path)))
    line = root.line("flows/counters.yaml", "今の方は")
    assert {(item.file, item.line) for item in found} == {("flows/counters.yaml", line)}


def test_the_words_of_the_project_leave_no_doubt() -> None:
    assert list(spoken(content.load(REPOSITORY))) == []


def test_the_file_for_a_twiml_bin_is_written_by_a_command_and_compared(root: Root, tmp_path: Path) -> None:
    file = root.path / twiml.LAST_RESORT_FILE
    file.unlink(missing_ok=True)
    loaded = content.load(root.path)
    assert [(item.line, item.level) for item in last_resort(loaded)] == [(0, "warning")]
    environment = {**os.environ, "IVR_ROOT": str(root.path), "IVR_DATA": str(tmp_path / "data")}
    subprocess.run([sys.executable, "-m", "ivr.cli", "flows", "last-resort"], check=True, env=environment)
    assert list(last_resort(loaded)) == []
    text = file.read_text("utf-8")
    assert [mark in text for mark in ("<!-- prompts/ja/common.yaml", "ivr flows last-resort")] == [True, True]
    assert "--" not in text[text.index("<!--") + 4 : text.index("-->")]
    file.write_text(text.replace("ゼロイチ", "ゼロニー"), "utf-8")
    (found,) = last_resort(loaded)
    assert (found.file, found.line, found.level) == ("flows/last-resort.xml", 3, "error")
    assert found.text == "is not what last_resort and the facts say now: `ivr flows last-resort` writes it anew"

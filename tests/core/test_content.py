"""One loaded set: flow, words and facts must fit each other, and what does not is found with everything else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivr import content

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Root

    from ivr.content import Content
    from ivr.findings import Finding

    Refused = Callable[[Callable[[], object]], list[Finding]]

REPOSITORY = Path(__file__).resolve().parents[2]
FLOW = "flows/helpline.yaml"
WORDS = "prompts/ja/words.yaml"
FACTS = "flows/facts.yaml"


def test_a_prompt_that_does_not_exist_is_found_where_it_is_named(root: Root, refused: Refused) -> None:
    root.change(FLOW, "says: [deep]", "says: [deeep]")
    root.change(FLOW, "then: [never_asked]", "then: [never]")
    root.change(FLOW, "says: offer_deep", "says: offer_dep")
    root.change(FLOW, "        - says: [own_twice]", "        - says: [own_two]")
    root.change(FLOW, "apology: sorry", "apology: sory")
    found = {item.line: item for item in refused(lambda: content.load(root.path)) if item.file == FLOW}
    meant = {
        "deeep": "deep",
        "never": "never_asked",
        "offer_dep": "offer_deep",
        "own_two": "own_twice",
        "sory": "sorry",
    }
    assert sorted(found) == sorted(root.line(FLOW, name) for name in meant)
    lines = [line.partition(":")[0] for line in (root.path / WORDS).read_text("utf-8").splitlines()]
    for name, right in meant.items():
        text = found[root.line(FLOW, name)].text
        place = f"{WORDS}:{lines.index(right) + 1}"
        told = f"there is no prompt {name!r}; did you mean {right!r} ({place}), which nobody asks for?"
        assert text in (told, f"there is no prompt {name!r}"), text  # `never` is not like enough


def test_a_misspelt_prompt_is_told_where_it_stands_if_many_ask_for_it(root: Root, refused: Refused) -> None:
    root.change(WORDS, "bye: ", "byee: ")
    (finding,) = refused(lambda: content.load(root.path))
    assert (finding.file, finding.line) == (WORDS, root.line(WORDS, "byee:"))
    assert finding.text.startswith("nobody asks for the prompt 'byee', but there is no 'bye', which is asked for at ")
    assert f"{FLOW}:{root.line(FLOW, '[bye]')}" in finding.text


def test_a_finding_about_a_node_names_the_node(root: Root, refused: Refused) -> None:
    root.change(FLOW, "says: [deep]", "says: [deeep]")
    found = [item for item in refused(lambda: content.load(root.path)) if item.file == FLOW]
    assert [item.node for item in found] == ["deep"]


def test_a_prompt_that_nobody_uses_is_found(root: Root, refused: Refused) -> None:
    root.add(WORDS, "orphan: だれも言いません。\n")
    (finding,) = refused(lambda: content.load(root.path))
    assert (finding.file, finding.line, finding.text) == (
        WORDS,
        root.line(WORDS, "orphan:"),
        "prompt orphan is used nowhere in the flow",
    )


def test_the_last_resort_must_have_words(root: Root, refused: Refused) -> None:
    root.change(WORDS, "last_resort: 止める電話は、{suspension_phone}。担当は、{ward_phone}。\n", "")
    (finding,) = refused(lambda: content.load(root.path))
    assert finding.text.startswith("what callers hear when nothing else works: there is no prompt 'last_resort'")


def test_a_spoken_prompt_that_waits_for_a_key_nobody_gives_it_is_found(root: Root, refused: Refused) -> None:
    root.change(WORDS, "hello: 試験の案内です。", "hello: 試験の案内は、{key}。")
    (finding,) = refused(lambda: content.load(root.path))
    assert (finding.file, finding.line) == (WORDS, root.line(WORDS, "hello:"))
    assert "{key}" in finding.text


def test_an_option_that_does_not_say_its_key_is_found(root: Root, refused: Refused) -> None:
    root.change(WORDS, "offer_deep: 奥へは、{key}。", "offer_deep: 奥があります。")
    (finding,) = refused(lambda: content.load(root.path))
    assert (finding.file, finding.line) == (WORDS, root.line(WORDS, "offer_deep:"))
    assert "{key}" in finding.text


def test_an_option_says_its_key_last_so_that_it_can_be_pressed_then(root: Root, refused: Refused) -> None:
    root.change(WORDS, "offer_deep: 奥へは、{key}。", "offer_deep: " + "奥へは、{key}。奥は暗いです。")
    assert [(item.file, item.line) for item in refused(lambda: content.load(root.path))] == [
        (WORDS, root.line(WORDS, "offer_deep:"))
    ]


def test_the_last_resort_says_no_key(root: Root, refused: Refused) -> None:
    root.change(WORDS, "last_resort: 止める", "last_resort: 係は、{key}。止める")
    assert [item.line for item in refused(lambda: content.load(root.path))] == [root.line(WORDS, "last_resort:")]


@pytest.mark.parametrize("to", ["suspension_fone", "reissue_fee", "page_date", "Office"])
def test_a_transfer_to_what_is_no_telephone_number_is_found(to: str, root: Root, refused: Refused) -> None:
    root.change(FLOW, "to: suspension_phone", f"to: {to}")
    (finding,) = refused(lambda: content.load(root.path))
    assert (finding.file, finding.line, finding.node) == (FLOW, root.line(FLOW, f"to: {to}"), "line")


def test_hours_of_what_no_counter_does_are_found(root: Root, refused: Refused) -> None:
    root.change(FLOW, "hours: {procedure: reissue, who: self}", "hours: {procedure: reisue, who: self}")
    (finding,) = refused(lambda: content.load(root.path))
    assert (finding.line, finding.node) == (root.line(FLOW, "reisue"), "counter")


def test_a_number_that_nobody_can_dial_is_found(root: Root, refused: Refused) -> None:
    root.change(FACTS, "value: 0120-95-0178", "value: 0120-95-01789")
    found = [item for item in refused(lambda: content.load(root.path)) if item.file == FACTS]
    assert [item.line for item in found] == [root.line(FACTS, "0120-95-01789")]


def test_what_is_wrong_in_any_file_is_found_with_all_the_rest(root: Root, refused: Refused) -> None:
    root.change(FLOW, "says: [deep]", "says: [deeep]")
    root.change(WORDS, "shut: 時間外です。", "shut: 5時までです。")
    root.change(WORDS, "papers: 費用は{reissue_fee}です。", "papers: 費用は{reisue_fee}です。")
    root.add(WORDS, "orphan: だれも言いません。\n")
    found = {(item.file, item.line) for item in refused(lambda: content.load(root.path))}
    assert found == {
        (FLOW, root.line(FLOW, "[deeep]")),
        (WORDS, root.line(WORDS, "shut:")),
        (WORDS, root.line(WORDS, "papers:", after="talked")),
        (WORDS, root.line(WORDS, "orphan:")),
    }


def test_unreadable_files_of_every_kind_are_found_together(root: Root, refused: Refused) -> None:
    for file in (FLOW, WORDS, FACTS, "flows/counters.yaml"):
        root.add(file, "broken: {a}: b\n")
    assert {item.file for item in refused(lambda: content.load(root.path))} == {
        FLOW,
        WORDS,
        FACTS,
        "flows/counters.yaml",
    }


def test_a_broken_flow_does_not_hide_broken_words(root: Root, refused: Refused) -> None:
    root.change(FLOW, "goto: deep}", "goto: deeep}")
    root.change(WORDS, "shut: 時間外です。", "shut: 5時までです。")
    assert {item.file for item in refused(lambda: content.load(root.path))} == {FLOW, WORDS}


@pytest.mark.parametrize("missing", [FLOW, "prompts/ja", FACTS, "flows/counters.yaml", "flows", "prompts"])
def test_a_set_with_a_part_missing_is_refused(missing: str, root: Root, refused: Refused) -> None:
    path = root.path / missing
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    assert refused(lambda: content.load(root.path))


def test_the_version_changes_with_every_word_and_only_then(root: Root) -> None:
    first = content.load(root.path).version
    (root.path / "flows/notes.txt").write_text("not a part of the flow")
    assert content.load(root.path).version == first
    root.change(WORDS, "shut: 時間外です。", "shut: 時間外でした。")
    second = content.load(root.path).version
    assert second != first
    assert len(second) == 8
    root.change(WORDS, "shut: 時間外でした。", "shut: 時間外です。")
    assert content.load(root.path).version == first


def test_every_passage_is_listed_once(invented: Content) -> None:
    keys = [passage.key for passage in invented.passages]
    assert len(keys) == len(set(keys))
    assert all(passage.sentences for passage in invented.passages)


def test_the_last_resort_holds_both_numbers(invented: Content) -> None:
    said = "".join(sentence.text for sentence in invented.last_resort().sentences)
    assert said == "止める電話は、0120-95-0178。担当は、03-5742-6660。"


def test_a_prompt_is_found_where_it_stands(invented: Content) -> None:
    file, line = invented.place("hello")
    written = (invented.root / file).read_text("utf-8").splitlines()
    assert written[line - 1] == "hello: 試験の案内です。"
    assert invented.place("today") == ("flows/counters.yaml", 0)

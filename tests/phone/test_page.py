"""The tester's phone as its page talks to it: calls done over, downloads, and who may not."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
import soundfile
import yaml

from ivr.app import create_app
from ivr.cli.stages import Elsewhere
from ivr.phone import enact, scenario
from ivr.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

AT = "2026-11-25T10:00"
HOST = {"base_url": "http://127.0.0.1:8000"}


@pytest.fixture
def app(tmp_path: Path, small_helpline: Callable[[Path], Path]) -> Iterator[Flask]:
    root = small_helpline(tmp_path / "root")
    made = create_app(Settings.from_env({"IVR_DATA": str(tmp_path / "data"), "IVR_ROOT": str(root)}))
    yield made
    made.extensions["ivr"].spool.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def call(client: FlaskClient, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401  (JSON)
    answer = client.post("/phone/calls", json={"at": AT, **wanted}, **HOST)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


def texts(told: dict[str, Any]) -> list[str]:
    return [caption["text"] for caption in told["captions"] if not caption.get("cut")]


def test_a_call_is_told_to_its_end_as_if_nothing_more_were_pressed(client: FlaskClient) -> None:
    told = call(client)
    assert (told["over"], told["ended"], told["at"]) == (True, "service", "2026-11-25T10:00:00+09:00")
    assert texts(told)[0] == "試験の案内です。"
    assert texts(told)[-1] == "失礼します。"
    assert [node["node"] for node in told["nodes"]] == ["opening"] * 4 + ["bye"]
    assert sum(event["kind"] == "silence" for event in told["events"]) == 4


def test_a_key_changes_what_comes_after_it_and_nothing_before(client: FlaskClient) -> None:
    before = call(client, seed=7)
    told = call(client, seed=7, inputs=[{"t": 1.0, "key": "2"}])
    assert told["sid"] == before["sid"]
    assert told["requests"][0]["answer"] == before["requests"][0]["answer"]
    assert told["captions"][0]["cut"]
    assert "持ち物は、免許証です。" in texts(told)
    assert told["nodes"][1] == {"t": 1.0, "node": "papers", "title": "持ち物"}
    assert told["requests"][1]["params"]["Digits"] == "2"


def test_keys_are_told_with_what_they_choose_where_they_are_pressed(client: FlaskClient) -> None:
    keys = [{"t": 1.0 + number, "key": key} for number, key in enumerate("219*0")]
    told = call(client, inputs=keys)
    chosen = [(event["key"], event["title"]) for event in told["events"] if event["kind"] == "key"]
    assert chosen == [("2", "持ち物は"), ("1", "費用は"), ("9", ""), ("*", "戻る"), ("0", "係の者を呼ぶ")]


def test_the_same_inputs_are_the_same_call(client: FlaskClient) -> None:
    wanted = {"seed": 3, "inputs": [{"t": 2.0, "key": "1"}, {"t": 6.5, "key": "#"}], "hang_up": 9.25}
    first, second = call(client, **wanted), call(client, **wanted)
    for told in (first, second):
        for request in told["requests"]:
            request["ms"] = 0
    assert first == second
    assert (first["seconds"], first["ended"]) == (9.25, "caller")


def test_nothing_is_recorded_and_nothing_goes_near_real_calls(client: FlaskClient, app: Flask, tmp_path: Path) -> None:
    call(client, inputs=[{"t": 2.0, "key": "1"}])
    assert app.extensions["ivr"].spool.written == 0
    assert not list((tmp_path / "data").glob("spool/*"))


def test_the_moment_and_the_dialled_person_can_be_chosen(client: FlaskClient) -> None:
    told = call(client, at="2026-11-29T10:00", dial="busy", **{"from": "anonymous"}, inputs=[{"t": 1.0, "key": "2"}])
    assert told["requests"][0]["params"]["From"] == "anonymous"
    assert told["requests"][0]["params"]["TestTime"].startswith("2026-11-29T10:00:00")
    assert call(client, at="")["at"] > "2026-11"


def test_keys_into_a_dead_line_are_ignored(client: FlaskClient) -> None:
    told = call(client, inputs=[{"t": 600.0, "key": "1"}])
    assert told["ended"] == "service"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"at": "tomorrow"}, "at: 「tomorrow」は 2026-11-24T18:30 の形"),
        ({"from": "0312345678"}, "+81312345678 と書いてください"),
        ({"dial": "asleep"}, "dial: 「asleep」は、ここには書けません。書ける値: answered、busy"),
        ({"inputs": [{"t": 1, "key": "A"}]}, "「A」はボタン"),
        ({"inputs": [{"t": -1, "key": "1"}]}, "「-1」は小さすぎます。0 以上"),
        ({"inputs": [{"t": 2, "key": "1"}, {"t": 1, "key": "1"}]}, "秒の順に"),
        ({"inputs": [{"t": 1, "key": "1"}] * 501}, "501 個あります。500 個まで"),
        ({"hang_up": "soon"}, "hang_up"),
        ({"colour": "red"}, "colour"),
        ({"seed": -1}, "seed"),
    ],
)
def test_calls_that_cannot_be_done_are_named(client: FlaskClient, wanted: dict[str, Any], words: str) -> None:
    for path in ("/phone/calls", "/phone/calls.yaml", "/phone/calls.wav"):
        answer = client.post(path, json=wanted, **HOST)
        assert (answer.status_code, words in answer.json["error"]) == (400, True), answer.json


def test_ten_thousand_inputs_are_too_many(client: FlaskClient) -> None:
    answer = client.post("/phone/calls", json={"inputs": [{"t": 1, "key": "1"}] * 10_000}, **HOST)
    assert (answer.status_code, answer.json) == (413, {"error": "一つの通話に書けるボタンは 500 回までです"})


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{", "application/json"), (b"{}", "text/plain"), (b"\xff", "application/json")]
)
def test_what_is_no_json(client: FlaskClient, body: bytes, kind: str) -> None:
    answer = client.post("/phone/calls", data=body, content_type=kind, **HOST)
    assert (answer.status_code, "error" in answer.json) == (400, True)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1:8000"])
def test_other_hosts_and_other_sites_are_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/phone", headers={"Host": host}).status_code == 403
    origin = {"Origin": f"http://{host}"}
    assert client.post("/phone/calls", json={}, headers=origin, **HOST).status_code == 403


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "http://localhost"]
)
def test_this_machine_is_let_in_under_each_of_its_names(client: FlaskClient, base: str) -> None:
    answer = client.get("/phone", base_url=base)
    assert answer.status_code == 200
    assert client.post("/phone/calls", json={}, base_url=base, headers={"Origin": base}).status_code == 200


def test_page_loads_nothing_of_others_and_holds_no_script_or_style(client: FlaskClient) -> None:
    answer = client.get("/phone", **HOST)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?://", answer.text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        with client.get(path, **HOST) as loaded:
            assert loaded.status_code == 200
    assert 'data-node="opening"' in client.get("/phone/flow.svg", **HOST).text


def test_download_as_a_scenario_says_what_was_done(client: FlaskClient) -> None:
    wanted = {"at": AT, "inputs": [{"t": 1.5, "key": "2"}, {"t": 20.0, "key": "*"}], "hang_up": 22.5}
    saved = yaml.safe_load(client.post("/phone/calls.yaml", json=wanted, **HOST).text)
    assert saved["steps"][0] == {"press": "2", "at": 1.5}
    assert saved["steps"][-1] == "hang up"
    assert {"press": "*"}.items() <= saved["steps"][-3].items() | saved["steps"][-2].items()
    assert saved["expect"]["ended"] == "caller"


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"inputs": [{"t": 1.5, "key": "2"}]},
        {"inputs": [{"t": 0.1, "key": "7"}, {"t": 0.1, "key": "*"}, {"t": 9, "key": "2"}], "dial": "busy"},
        {"inputs": [{"t": 30, "key": "#"}], "hang_up": 50.5},
        {"hang_up": 0.0},
        {"hang_up": 500.0},
    ],
)
def test_download_as_a_scenario_passes(client: FlaskClient, app: Flask, tmp_path: Path, wanted: dict[str, Any]) -> None:
    path = tmp_path / "kept.yaml"
    path.write_bytes(client.post("/phone/calls.yaml", json={"at": AT, **wanted}, **HOST).data)
    played = enact.play(scenario.load(path), Elsewhere(app.extensions["phone"].service))
    assert [problem.text for problem in played.problems] == []


def test_download_as_sound_is_as_long_as_the_call(client: FlaskClient) -> None:
    body = client.post("/phone/calls.wav", json={"at": AT, "hang_up": 7.5}, **HOST).data
    info = soundfile.info(io.BytesIO(body))
    assert (info.samplerate, info.channels, info.duration) == (8000, 1, 7.5)
    assert client.post("/phone/calls.exe", json={}, **HOST).status_code == 404
    assert client.get("/phone/audio/nothing.wav", **HOST).status_code == 404

"""What people and monitors see of a running service: well or not and why, figures of all processes, errors."""

from __future__ import annotations

import gzip
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import yaml

from ivr.health import CALM, JUMP, LATE, Clock, Files
from ivr.sets.kept import Sets, Use, Uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Served

    Serve = Callable[..., AbstractContextManager[Served]]

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 24, 18, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
METRICS_TOKEN = "metrics-metrics-metrics"
LIVE = {"TWILIO_AUTH_TOKEN": "0" * 32, "IVR_PUBLIC_URL": "https://helpline.example.jp"}
CHECKS = {"files", "prompts", "keys", "clock", "disk", "store", "background", "records"}


@pytest.fixture
def small(small_helpline: Callable[[Path], Path], tmp_path: Path) -> dict[str, str]:
    """Give the settings of a helpline whose speech is made in a second."""
    return {"IVR_ROOT": str(small_helpline(tmp_path / "root"))}


def state(served: Served) -> dict[str, str]:
    """Ask what is not well."""
    answer = served.send("GET", "/readyz")
    told = json.loads(answer.body)
    assert set(told["checks"]) == CHECKS
    assert told["ready"] is (answer.status == 200) is (set(told["checks"].values()) == {"well"})
    return {name: word for name, word in told["checks"].items() if word != "well"}


def figures(served: Served, **headers: str) -> dict[str, float]:
    """Read the metrics by name with labels."""
    answer = served.send("GET", "/metrics", headers=headers)
    assert answer.status == 200
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def turns(served: Served) -> float:
    """Count the turns in the metrics."""
    return sum(value for name, value in figures(served).items() if name.startswith("ivr_turn_seconds_count"))


def test_it_is_well_once_everything_is_there_and_says_what_is_not(serve: Serve, small: dict[str, str]) -> None:
    with serve(**small) as served:
        served.waits_for(lambda: set(state(served)) == {"prompts", "store", "background"})
        served.waits_for(lambda: served.lines("not_well", "background", "ivr work"))
        served.waits_for(lambda: served.lines("not_well", "prompts", "ivr prompts build"))
        served.works()
        served.waits_for(lambda: "store" not in state(served))
        assert "background" not in state(served)
        hidden = served.data / "local-token.hidden"
        (served.data / "local-token").rename(hidden)
        served.waits_for(lambda: "keys" in state(served))
        served.waits_for(lambda: served.lines("not_well", "keys", "local-token"))
        hidden.rename(served.data / "local-token")
        served.waits_for(lambda: "keys" not in state(served))
        served.waits_for(lambda: served.lines("well_again", "keys"))
        (served.data / "caller-key").write_text("another key of thirty-two characters\n")
        assert "keys" in state(served)
        shutil.rmtree(served.data / "spool")
        assert "background" in state(served)
        assert str(served.data).encode() not in served.send("GET", "/readyz").body


def test_with_the_background_process_everything_is_well(serve: Serve, small: dict[str, str]) -> None:
    with serve("--work", **small) as served:
        served.waits_for(lambda: state(served) == {})
        assert served.send("GET", "/healthz").body == b"ok\n"


def test_files_that_were_refused_are_named_until_they_are_mended(serve: Serve, small: dict[str, str]) -> None:
    words = Path(small["IVR_ROOT"]) / "prompts/ja/words.yaml"
    good = words.read_text("utf-8")
    with serve("--work", **small) as served:
        served.waits_for(lambda: state(served) == {})
        words.write_text(good.replace("免許証", "※証"), "utf-8")
        served.waits_for(lambda: state(served) == {"files": "not well"})
        served.waits_for(lambda: served.lines("not_well", "files", "errors", "ivr flows list"))
        words.write_text(good.replace("免許証", "旅券"), "utf-8")
        served.waits_for(lambda: state(served) == {})
        served.waits_for(lambda: served.lines("well_again", "files"))


def test_a_process_that_answers_with_another_set_than_the_published_one_is_not_well(tmp_path: Path) -> None:
    sets, files = Sets(tmp_path), Files(tmp_path)
    assert files.problem("11111111") == ""
    with sets.switching():
        sets.write_uses(Uses((Use("22222222", "3" * 12, NOW),)))
    assert files.problem("22222222") == ""
    assert files.problem("11111111") == ""  # it may be loading the set at this moment
    files._since = (files._since[0], files._since[1] - LATE)  # noqa: SLF001  (a minute later)
    assert "11111111 instead of 22222222" in files.problem("11111111")
    assert files.problem("22222222") == ""
    sets.current.write_text("{")
    assert "ivr flows rollback" in files.problem("22222222")


def test_a_clock_that_cannot_be_right_is_noticed() -> None:
    watch, checked = Clock(), date(2026, 11, 24)
    assert watch.problem(NOW, checked) == ""
    assert watch.problem(NOW - timedelta(seconds=JUMP - 5), checked) == ""
    later = NOW + timedelta(hours=1)
    assert "was set" in watch.problem(later, checked)
    assert "was set" in watch.problem(later, checked)
    watch._jumped -= CALM  # noqa: SLF001  (ten minutes later)
    assert watch.problem(later, checked) == ""
    assert "2025-11-24" in watch.problem(NOW - timedelta(days=365), checked)
    assert "2106" in watch.problem(NOW + timedelta(days=80 * 365), checked)


def test_figures_are_those_of_all_processes_and_stay_when_one_dies(serve: Serve, small: dict[str, str]) -> None:
    with serve(WEB_CONCURRENCY="3", **small) as served:
        for number in range(30):
            sid = f"CA{number:032x}"
            answer = served.post("/voice", CallSid=sid)
            served.post(answer.action, CallSid=sid, Digits="1")
        assert turns(served) == 60
        assert figures(served)['ivr_turn_seconds_count{kind="answer"}'] == 30
        files = {path.name for path in (served.data / "metrics").iterdir()}
        workers = [pid for pid in served.children() if f"counter_{pid}.db" in files]
        assert len(workers) == 3
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        served.waits_for(served.answers)
        assert turns(served) == 60
        served.post("/voice", CallSid="CA" + "f" * 32)
        assert turns(served) == 61


def test_what_goes_wrong_is_counted(serve: Serve, small: dict[str, str]) -> None:
    with serve(**small) as served:
        served.send("POST", "/voice", b"Digits=1234", {"Content-Type": "application/x-www-form-urlencoded"})
        served.post("/voice/fallback", ErrorCode="11200", ErrorUrl="https://helpline.example.jp/")
        served.post("/voice/fallback", ErrorCode="847291")
        served.send("GET", f"/audio/{'ab' * 12}.wav")
        served.post("/voice")
        shutil.rmtree(served.data / "spool")
        (served.data / "spool").write_text("in the way")
        for pid in served.children():
            os.kill(pid, signal.SIGKILL)
        served.waits_for(served.answers)
        answer = served.post("/voice")
        assert answer.verbs
        found = figures(served)
        assert found["ivr_requests_refused_total"] == 1
        assert found['ivr_twilio_errors_total{code="11200"}'] == found['ivr_twilio_errors_total{code="other"}'] == 1
        assert found['ivr_audio_missing_total{what="file"}'] == 1
        assert found['ivr_audio_missing_total{what="passage"}'] >= 1
        assert found["ivr_turns_not_recorded_total"] == 1
        assert found['ivr_ready{check="disk"}'] == 0
        assert found["ivr_disk_free_bytes"] > 0
        assert not any("847291" in name for name in found)


def test_the_alerts_look_at_figures_that_are_there(serve: Serve, small: dict[str, str]) -> None:
    rules = yaml.safe_load((REPOSITORY / "ivr/alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    asked = {name for rule in rules for name in re.findall(r"\bivr_\w+", rule["expr"])}
    with serve("--work", **small) as served:
        served.waits_for(lambda: state(served) == {})
        served.post("/voice/fallback", ErrorCode="11200")
        served.send("GET", f"/audio/{'ab' * 12}.wav")
        served.post("/voice/status", CallStatus="completed", CallDuration="0.0")
        there = {name.partition("{")[0] for name in figures(served)}
    assert asked - there == set()
    assert there - asked - {"ivr_info", "ivr_turn_seconds_sum", "ivr_turn_seconds_count"} == set()
    assert all(rule["annotations"].keys() == {"summary", "todo"} for rule in rules)


def test_a_live_service_shows_figures_to_who_bears_the_token(serve: Serve, small: dict[str, str]) -> None:
    with serve(**small, **LIVE) as served:
        assert served.send("GET", "/metrics").status == 404
    with serve(**small, **LIVE, IVR_METRICS_TOKEN=METRICS_TOKEN) as served:
        assert served.send("GET", "/metrics").status == 401
        for wrong in ("Bearer x", f"Basic {METRICS_TOKEN}", METRICS_TOKEN, "Bearer \u00e9"):
            assert served.send("GET", "/metrics", headers={"Authorization": wrong}).status == 401
        assert "ivr_turns_failed_total" in figures(served, Authorization=f"Bearer {METRICS_TOKEN}")
        assert METRICS_TOKEN not in served.logged()


COUNTING = textwrap.dedent("""
    import os, resource, sys
    from pathlib import Path
    from ivr import metrics
    metrics.share(Path(sys.argv[1]) / "metrics")
    print(os.environ.get(metrics.FOLDER, "nowhere"), flush=True)
    figures = metrics.Metrics()
    figures.refused()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
        figures.begin()
        for number in range(2000):
            figures.twilio_error(f"{number:05}")
            figures.refused()
        os._exit(0)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")


def counted(folder: Path, room: int) -> subprocess.CompletedProcess[str]:
    """Count in a process and in a child of it, which may write files of so many bytes."""
    command = [sys.executable, "-c", COUNTING, str(folder), str(room)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_a_full_disk_costs_the_figures_and_kills_nobody(small_disk: Path, tmp_path: Path) -> None:
    done = counted(small_disk, 2**20)
    assert "metrics_off" in done.stdout
    assert "nowhere" in done.stdout
    done = counted(tmp_path, 1000)
    assert str(tmp_path) in done.stdout
    assert "metrics_off" in done.stdout
    assert "metrics_off" not in counted(tmp_path, 2**20).stdout


@contextmanager
def a_sentry() -> Iterator[tuple[str, list[bytes]]]:
    """Run a Sentry that keeps what it is sent."""
    got: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://abcdef0123456789@127.0.0.1:{server.server_port}/7", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_errors_reach_a_sentry_that_is_told_nothing_of_the_caller(serve: Serve, small: dict[str, str]) -> None:
    sid = "CA" + "0123456789abcdef" * 2
    with a_sentry() as (dsn, got), serve(**small, SENTRY_DSN=dsn) as served:
        served.post("/voice/fallback", CallSid=sid, ErrorCode="11200", Digits="847291650384", From="+819087654321")
        served.waits_for(lambda: got)
        served.post("/voice", CallSid=sid, Digits="847291650384")
        said = served.logged()
    text = b"".join(got).decode()
    assert "fallback_used" in text
    assert '"code":"11200"' in text.replace(" ", "")
    for secret in (
        sid,
        "847291650384",
        "9087654321",
        os.uname().nodename,
        str(REPOSITORY),
        "request",
        "0123456789abcdef0",
    ):
        with suppress(AssertionError):
            assert secret not in text
            continue
        pytest.fail(f"{secret} was sent: {text}")
    assert "abcdef0123456789@" not in said


def test_a_sentry_that_is_away_costs_no_call_anything(serve: Serve, small: dict[str, str]) -> None:
    with serve(**small, SENTRY_DSN="http://abcdef0123456789@127.0.0.1:9/7") as served:
        for _ in range(3):
            assert served.post("/voice/fallback", ErrorCode="11200").status == 200
        assert served.post("/voice").verbs

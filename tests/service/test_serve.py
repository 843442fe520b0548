"""`ivr serve` as people start it: what it says, where it listens, what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Served

REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"
LIVE = {"TWILIO_AUTH_TOKEN": TOKEN, "IVR_PUBLIC_URL": "https://helpline.example.jp"}


def listening(port: int) -> set[str]:
    """Read from the kernel on which addresses somebody listens at a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = row.split()
            address, _, at = local.partition(":")
            if int(at, 16) == port and state == "0A":
                found.add(address)
    return found


def named(served: Served, command: str) -> list[int]:
    """List the processes of a service that run one of its commands, without the web server's own children."""
    found = []
    for pid in served.children():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except FileNotFoundError:  # it has ended since it was listed
            continue
        if command.encode() in words and words[1:3] == [b"-m", b"ivr.cli"]:
            found.append(pid)
    return found


def failed(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start a service that should refuse to start."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("IVR_", "TWILIO_", "LC_", "LANG"))
    }
    return subprocess.run(
        [sys.executable, "-m", "ivr.cli", "serve", *arguments],
        env={**kept, "LC_ALL": "C.UTF-8", "PORT": "1", "IVR_DATA": str(folder / "data"), **environ},
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )


def test_without_any_setting_only_this_machine_is_served_and_that_is_said_aloud(helpline: Served) -> None:
    assert listening(helpline.port) == {"0100007F"}
    said = helpline.logged()
    assert "LOCAL MODE: no TWILIO_AUTH_TOKEN and no IVR_PUBLIC_URL are set." in said
    assert f"{helpline.data}/local-token" in said
    assert f"The helpline answers at http://127.0.0.1:{helpline.port}/voice" in said
    for name in ("local-token", "test-token"):
        assert stat.S_IMODE((helpline.data / name).stat().st_mode) == 0o600
        assert helpline.token(name) not in said
    assert stat.S_IMODE(helpline.data.stat().st_mode) == 0o700


def test_everything_written_is_for_its_owner_alone(helpline: Served) -> None:
    helpline.post("/voice")
    helpline.works()
    loose = [path for path in helpline.data.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.is_file()]
    assert {path.name for path in loose} <= {"store.db"}


def test_the_way_to_place_a_call_that_is_printed_works(helpline: Served) -> None:
    (line,) = helpline.lines("--keys", "ivr call")
    words = shlex.split(line.strip())
    assert words[0] == ".venv/bin/ivr"
    printed = words[1 : words.index("--keys") + 2]
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", *printed],
        env=helpline.environ,
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ゼロイチニーゼロ") + done.stdout.count("0120-95-0178") >= 2


def test_with_a_token_and_a_public_address_the_world_is_served(serve: Callable[..., object]) -> None:
    with serve(**LIVE) as served:
        assert listening(served.port) & {"00000000", "00000000000000000000000000000000"}
        said = served.logged()
        assert "LOCAL MODE" not in said
        assert "The helpline answers at https://helpline.example.jp/voice" in said
        assert TOKEN not in said
        assert not (served.data / "local-token").exists()


@pytest.mark.parametrize("arguments", [[], ["--work"], ["--prepare", "--work"]])
@pytest.mark.parametrize(("there", "missing"), [tuple(LIVE), tuple(LIVE)[::-1]])
def test_with_only_one_of_the_two_it_refuses_to_start(
    arguments: list[str], there: str, missing: str, tmp_path: Path
) -> None:
    done = failed(tmp_path, *arguments, **{there: LIVE[there]})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"settings:0: error: {there} is set but {missing} is missing: set both, or neither\n")


def test_a_japanese_terminal_is_told_in_japanese(tmp_path: Path) -> None:
    done = failed(tmp_path, LC_ALL="ja_JP.UTF-8", TWILIO_AUTH_TOKEN=TOKEN, IVR_PUBLIC_ULR="x")
    assert done.returncode == 1
    assert "IVR_PUBLIC_URL がありません" in done.stderr
    assert "IVR_PUBLIC_ULR という設定はありません。IVR_PUBLIC_URL ではありませんか" in done.stderr
    assert TOKEN not in done.stderr


def test_a_flow_that_cannot_be_used_is_refused_with_places_and_no_traceback(tmp_path: Path) -> None:
    for folder in ("flows", "prompts"):
        shutil.copytree(REPOSITORY / folder, tmp_path / "root" / folder)
    flow = tmp_path / "root/flows/helpline.yaml"
    flow.write_text(flow.read_text("utf-8").replace("kind: menu", "kind: menue", 1), "utf-8")
    for arguments in ([], ["--work"]):
        done = failed(tmp_path, *arguments, IVR_ROOT=str(tmp_path / "root"), PORT="8000")
        assert done.returncode == 1
        # on a line of its own: the background process writes beside it
        wrong = r"^flows/helpline.yaml:\d+: error: nodes.opening.kind: 'menue' .* did you mean 'menu'\?"
        assert re.search(wrong, done.stderr, re.MULTILINE)
        assert "Traceback" not in done.stderr


def test_a_port_that_somebody_has_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = failed(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_web_and_background_together(number: int, serve: Callable[..., object]) -> None:
    with serve("--work") as served:
        served.waits_for(lambda: named(served, "work") and named(served, "serve"))
        assert len(served.session()) >= 4
        assert served.stops(number) == 0
        assert served.session() == []
        assert not served.answers()
        assert "Traceback" not in served.logged()


def test_told_to_stop_while_it_still_starts_nothing_is_left_running(serve: Callable[..., object]) -> None:
    with serve("--work", answers=False) as served:
        while not served.children():
            assert served.process.poll() is None
        served.stops()
        assert served.session() == []


def test_the_background_process_moves_what_is_recorded(serve: Callable[..., object]) -> None:
    with serve("--work") as served:
        call = "CA" + "6" * 32
        served.post("/voice", CallSid=call)
        served.waits_for(lambda: served.rows("select turn from turns where call = ?", call))


def test_a_background_process_that_dies_is_started_again_and_no_call_notices(serve: Callable[..., object]) -> None:
    with serve("--work") as served:
        served.waits_for(lambda: named(served, "work"))
        (first,) = named(served, "work")
        os.kill(first, signal.SIGKILL)
        assert served.post("/voice").status == 200
        served.waits_for(lambda: named(served, "work") not in ([], [first]))
        assert "The background process ended; starting it again." in served.logged()


def test_a_web_process_that_dies_is_replaced(serve: Callable[..., object]) -> None:
    with serve() as served:
        (worker,) = served.children()
        os.kill(worker, signal.SIGKILL)
        served.waits_for(lambda: served.children() not in ([], [worker]))
        served.waits_for(served.answers)
        assert served.post("/voice").status == 200


def test_when_the_web_server_cannot_run_nothing_is_left_running(serve: Callable[..., object]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serve("--work", answers=False, PORT=str(taken.getsockname()[1])) as served:
            assert served.process.wait(PATIENCE) == 1
            assert served.session() == []


def test_a_second_start_makes_nothing_anew(serve: Callable[..., object]) -> None:
    with serve() as served:
        served.post("/voice", test=True)
        served.works()
    before = {path: path.stat().st_mtime_ns for path in served.data.rglob("*") if path.is_file()}
    assert {"local-token", "test-token", "caller-key", "store.db"} <= {path.name for path in before}
    with serve(PORT=str(served.port)) as again:
        assert (again.token(), again.token("test-token")) == (served.token(), served.token("test-token"))
        assert again.post("/voice", test=True).status == 200
        after = {path: path.stat().st_mtime_ns for path in before if path.exists()}
    assert after == {path: moment for path, moment in before.items() if path in after}
    gone = {path.relative_to(served.data).parts[0] for path in before.keys() - after.keys()}
    assert gone <= {"store.db-wal", "store.db-shm", "metrics"}


def test_prepare_makes_what_this_disk_lacks(serve: Callable[..., object]) -> None:
    with serve("--prepare", "--work") as served:
        served.waits_for((served.data / "audio/current").exists)
        served.waits_for(lambda: b"<Play>" in served.post("/voice", test=True).body)
        served.waits_for((served.data / "store.db").exists)


def test_help_names_every_option() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", "serve", "--help"], check=True, capture_output=True, text=True, cwd=REPOSITORY
    )
    assert set(re.findall(r"--[a-z-]+", done.stdout)) == {"--work", "--prepare", "--language", "--help"}


def test_an_option_that_does_not_exist_is_a_bad_argument(tmp_path: Path) -> None:
    assert failed(tmp_path, "--wrok").returncode == 2

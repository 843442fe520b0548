"""Log lines: nothing that a caller typed or calls from gets out, and what we need to read stays readable."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import structlog

from ivr import log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALL = "CA0123456789abcdef0123456789abcdef"
PLANTED = [
    "1234",
    "123456789012",
    "1234-5678-9012",
    "1234 5678 9012",
    "+819012345678",
    "+81 90-1234-5678",
    "090-1234-5678",
    "(03)1234-5678",
    "\uff11\uff12\uff13\uff14",
    "pin1234x",
    819012345678,
    -312345678,
    312345678.0,
]
DIGITS = re.compile(r"\d{3,}")


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    log.setup("json", stream=stream)
    return stream


def fields(stream: io.StringIO) -> dict[str, Any]:
    """Read the one line that was logged, without its time."""
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found.pop("timestamp"))
    return found


def message(stream: io.StringIO) -> str:
    return str(fields(stream)["event"])


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_planted_value_is_in_no_line(planted: str | float, form: log.Form) -> None:
    stream = io.StringIO()
    log.setup(form, stream=stream)
    ours, foreign = structlog.get_logger("ivr.test"), logging.getLogger("foreign")
    ours.info("seen", value=planted, deep={"a": [planted, {"b": planted}]}, text=f"typed {planted}, then 5")
    ours.info(f"typed {planted}")
    foreign.warning("typed %s in %r", planted, f"<{planted}>")
    foreign.warning("typed %(what)s", {"what": planted})
    foreign.warning(f"typed {planted}")
    try:
        int(f"cannot use {planted}")
    except ValueError:
        ours.exception("failed")
        foreign.exception("failed")
    seen = re.sub(r'(?m)^\S+Z |"timestamp": "[^"]*"|line \d+', "", stream.getvalue())
    assert DIGITS.findall(seen) == []
    assert seen.count(log.MASK) == 11


@pytest.mark.parametrize(
    "name",
    ["Digits", "From", "from_", "caller", "key", "auth_token", "password", "client_secret", "X-Twilio-Signature"],
)
def test_what_is_called_like_a_secret_is_never_shown(lines: io.StringIO, name: str) -> None:
    structlog.get_logger("ivr.test").info("seen", **{name: "a"})
    assert fields(lines) == {"event": "seen", "level": "info", "logger": "ivr.test", name: "***"}


def test_our_own_fields_stay_readable(lines: io.StringIO) -> None:
    kept = {
        "node": "reissue_2026",
        "option": "lost",
        "ms": 1234.5,
        "status": 200,
        "line": 12345,
        "pid": 1234567,
        "port": 8000,
        "turn": 86_400_001,
        "code": "11200",
        "call": CALL,
        "name": "3fa0123456789bcd01234567",
        "at": "2026-11-24T18:30:00+09:00",
        "day": "2026-11-24",
        "address": "http://127.0.0.1:8000/voice",
        "file": "12345-0123456789abcdef-000001.spool",
        "test": True,
        "nothing": None,
    }
    structlog.get_logger("ivr.test").info("turn_taken", **kept)
    assert fields(lines) == {"event": "turn_taken", "level": "info", "logger": "ivr.test", **kept}


def test_the_call_is_bound_to_foreign_lines_too(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(call=CALL, test=True)
    logging.getLogger("foreign").warning("slow")
    assert fields(lines) == {"event": "slow", "level": "warning", "logger": "foreign", "call": CALL, "test": True}


def test_a_call_id_that_is_none_is_masked(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(call="123456789012")
    structlog.get_logger("ivr.test").info("seen")
    assert fields(lines)["call"] == "***"


@pytest.mark.parametrize(
    ("template", "arguments", "expected"),
    [
        ("Listening at: %s (%s)", ("http://127.0.0.1:8000", 123456), "Listening at: http://127.0.0.1:8000 (123456)"),
        ("Booting worker with pid: %s", (123456,), "Booting worker with pid: 123456"),
        ("Booting worker with pid: 123456", (), "Booting worker with pid: 123456"),
        ("Invalid request %s", ("GET /voice?Digits=9&From=%2B81 HTTP",), "Invalid request GET /voice?*** HTTP"),
        ('"GET /voice?Digits=9 HTTP/1.1" 200 -', (), '"GET /voice?*** HTTP/1.1" 200 -'),
        ("really? yes, 100%", (), "really? yes, 100%"),
        ("two lines\n%s", ("a\r\n\x1b[31mb",), "two lines\\na\\r\\n\\x1b[31mb"),
        ("%(size)d of %(digits)s", {"size": 12345, "digits": "12"}, "12345 of ***"),
    ],
)
def test_foreign_messages(
    lines: io.StringIO, template: str, arguments: tuple[object, ...] | dict[str, object], expected: str
) -> None:
    logging.getLogger("foreign").info(template, *([arguments] if isinstance(arguments, dict) else arguments))
    assert message(lines) == expected


def test_a_foreign_message_that_does_not_fit_its_arguments(lines: io.StringIO) -> None:
    record = logging.LogRecord("foreign", logging.INFO, "", 0, "%d of %s", ("1234",), None)
    (ours,) = (handler for handler in logging.getLogger().handlers if type(handler).__module__ == "ivr.log")
    ours.handle(record)
    assert fields(lines) == {"event": "%d of %s", "level": "info", "logger": "foreign", "unfilled": True}


def test_a_trace_keeps_its_places(lines: io.StringIO) -> None:
    code = compile("\n" * 1233 + "int('98765x')", "/srv/1999/flow.py", "exec")
    try:
        exec(code)  # noqa: S102  (a line number above a thousand)
    except ValueError:
        structlog.get_logger("ivr.test").exception("failed")
    trace = fields(lines)["exception"].splitlines()
    assert trace[-2:] == [
        '  File "/srv/1999/flow.py", line 1234, in <module>',
        "ValueError: invalid literal for int() with base 10: '***x'",
    ]


def test_quiet_loggers_speak_only_when_something_is_wrong(lines: io.StringIO) -> None:
    for name in ("sqlalchemy.engine", "alembic.runtime", "urllib3.connectionpool"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble")
    assert [json.loads(line)["event"] for line in lines.getvalue().splitlines()] == ["trouble"] * 3


def test_a_database_error_shows_no_values(lines: io.StringIO, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}", hide_parameters=True, poolclass=sa.pool.NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("insert into nowhere values (:pin)"), {"pin": "12"})
    except sa.exc.OperationalError:
        logging.getLogger("foreign").exception("failed")
    assert fields(lines)["exception"].splitlines()[-3:-1] == [
        "[SQL: insert into nowhere values (?)]",
        "[SQL parameters hidden due to hide_parameters=True]",
    ]


def test_setting_up_again_replaces_what_was_there(lines: io.StringIO) -> None:
    second = io.StringIO()
    log.setup("text", stream=second)
    logging.getLogger("foreign").info("once")
    assert lines.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_without_a_stream_lines_go_to_what_is_standard_error_now(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup("json")
    logging.getLogger("foreign").info("here")
    seen = capsys.readouterr()
    assert (seen.out, json.loads(seen.err)["event"]) == ("", "here")


def test_a_line_that_cannot_be_written_shows_nothing_and_raises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    closed = io.StringIO()
    closed.close()
    log.setup("json", stream=closed)
    logging.getLogger("foreign").info("typed %s", "1234")
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "a log line of foreign could not be written\n")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run gunicorn with our logger on a port of its own choice; yields the process and its port."""
    (tmp_path / "tiny.py").write_text(
        textwrap.dedent("""
            from ivr.log import setup

            setup("json")


            def app(environ, start_response):
                if environ["PATH_INFO"] == "/fail":
                    raise ValueError("typed 1234")
                start_response("200 OK", [("Content-Length", "2")])
                return [b"ok"]
        """)
    )
    options = ["--bind", "127.0.0.1:0", "--threads", "2", "--logger-class", "ivr.log.GunicornLogger", "--preload"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "tiny:app"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GUNICORN_CMD_ARGS": ""},
    )
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+) \((\d+)\)", line)
        if found:
            assert int(found[2]) == process.pid
            yield process, int(found[1])
            break
    process.send_signal(signal.SIGTERM)
    process.wait()
    process.stderr.close()


def test_gunicorns_lines_have_no_query_no_header_and_no_address(server: tuple[subprocess.Popen[str], int]) -> None:
    process, port = server
    assert process.stderr is not None
    seen: list[dict[str, Any]] = []
    for path in ("/voice/at/123456789012?Digits=1234&From=%2B819012345678", "/fail?Digits=1234"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            data=b"Digits=1234",
            headers={"User-Agent": "987654", "Referer": "/?a=4321"},
        )
        try:
            urllib.request.urlopen(request).close()  # noqa: S310  (our own server)
        except urllib.error.HTTPError as error:
            error.close()
        for line in map(json.loads, process.stderr):  # written after the answer was sent
            seen.append(line)
            if line["logger"] == "ivr.access":
                break
    access = [line for line in seen if line["logger"] == "ivr.access"]
    times = [line.pop("ms") for line in access]
    assert all(isinstance(ms, int) for ms in times)
    for line in access:
        line.pop("timestamp")
    common = {"event": "request", "level": "info", "logger": "ivr.access", "method": "POST"}
    assert access == [
        {**common, "path": "(another path)", "status": 200, "bytes": 2},
        {**common, "path": "-", "status": 500, "bytes": 0},  # gunicorn answers for an application that failed
    ]
    errors = [line for line in seen if line["level"] == "error"]
    assert [line["exception"].splitlines()[-1] for line in errors] == ["ValueError: typed ***"]
    assert re.findall(r"1234|4321|9876|8190", json.dumps(seen)) == []

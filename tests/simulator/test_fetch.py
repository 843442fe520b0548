"""Reaching services: a WSGI application in this process, and servers on 127.0.0.1 that do what servers do."""

from __future__ import annotations

import itertools
import socket
import threading
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest
from raw_http import take

from ivr.simulator import Http, Request, Trouble, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.simulator.conftest import Reply, Service, Wav


class Quiet(WSGIRequestHandler):
    """A server that writes no log."""

    def log_message(self, *_args: object) -> None:
        """Write nothing."""


@pytest.fixture
def http() -> Iterator[Http]:
    with Http() as fetcher:
        yield fetcher


@pytest.fixture
def served(service: Service) -> Iterator[Service]:
    """Run the service of the other tests behind a real server."""
    server = make_server("127.0.0.1", 0, service, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    service.base = f"http://127.0.0.1:{server.server_port}"
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def raw() -> Iterator[Callable[[bytes], str]]:
    """Run a server that sends the same bytes to everyone and hangs up; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answers: list[bytes] = []

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as stream:
                    if not answers:
                        return
                    take(stream)
                    connection.sendall(answers[0])

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"

        def answering(answer: bytes) -> str:
            answers[:] = [answer]
            return address

        yield answering
        answers.clear()
        socket.create_connection(listener.getsockname()).close()
        thread.join()


def test_a_call_over_http(served: Service, http: Http, wav: Wav) -> None:
    served.documents |= {"/key": "<Play>/a.wav</Play>", "/a.wav": wav(1)}
    call = served.dial('<Gather numDigits="1" action="/key?q=%7Ea"><Say>はい</Say></Gather>', fetch=http)
    call.press("5")
    call.listen()
    assert [heard.seconds for heard in call.heard] == [1.0]
    assert [(request.path, request.query) for request in served.received] == [
        ("/voice", {}),
        ("/key", {"q": "~a"}),
        ("/a.wav", {}),
    ]
    assert served.received[1].form["Digits"] == "5"
    assert call.requests[1].url == f"{served.base}/key?q=%7Ea"
    assert call.requests[0].ms > 0


def test_cookies_and_redirects_are_left_to_the_call(served: Service, http: Http, reply: type[Reply]) -> None:
    served.documents["/voice"] = reply(
        b"", "302 Found", headers=(("Location", "/next"), ("Set-Cookie", "a=1; Path=/only"))
    )
    answer = http(Request("GET", f"{served.base}/voice"))
    http(Request("GET", f"{served.base}/only"))
    assert (answer.status, answer.header("location"), answer.all("Nothing")) == (302, "/next", [])
    assert "Cookie" not in served.received[1].headers


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", 11206),
        (b"this is no HTTP\r\n\r\n", 11206),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", 11206),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nshort", 11206),
    ],
)
def test_servers_that_answer_wrongly(raw: Callable[[bytes], str], http: Http, answer: bytes, code: int) -> None:
    with pytest.raises(Trouble) as caught:
        http(Request("POST", raw(answer), body=b"a=1"))
    assert caught.value.code == code


def test_tls_that_is_none(raw: Callable[[bytes], str], http: Http) -> None:
    with pytest.raises(Trouble) as caught:
        http(Request("GET", raw(b"plain text").replace("http", "https")))
    assert caught.value.code == 11220


def test_nobody_there(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Trouble) as caught:
        http(Request("GET", f"http://127.0.0.1:{port}/"))
    assert caught.value.code == 11205


def test_server_that_stalls() -> None:
    with (
        Http(budget=0.1) as http,
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(Trouble) as caught,
    ):
        http(Request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/"))
    assert (caught.value.code, caught.value.seconds) == (11205, 15.0)


def test_server_that_is_still_sending_when_time_is_up(raw: Callable[[bytes], str]) -> None:
    seconds = itertools.count(step=16)
    with Http(clock=lambda: next(seconds)) as http, pytest.raises(Trouble, match="not complete in time") as caught:
        http(Request("GET", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshort")))
    assert caught.value.code == 11205


def test_host_that_is_unknown(http: Http) -> None:
    with pytest.raises(Trouble) as caught:
        http(Request("GET", "http://nobody.invalid/"))
    assert caught.value.code == 11210


def test_what_is_no_address(http: Http) -> None:
    with pytest.raises(Trouble) as caught:
        http(Request("GET", "http:///path"))
    assert caught.value.code == 11100


def test_wsgi_is_called_as_the_standard_says() -> None:
    seen = {}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.update(environ)
        write = start_response("201 Created", [("Content-Type", "text/plain")])
        write(b"first ")
        yield environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))

    def eager(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        return list(app(environ, start_response))

    request = Request(
        "POST", "https://a.example:8443/%E3%81%82/x?q=%20", {"Content-Type": "text/x", "X-A": "b"}, b"body"
    )
    answer = wsgi(eager)(request)
    assert (answer.status, answer.body, answer.header("content-type")) == (201, b"first body", "text/plain")
    assert {name: seen[name] for name in ("PATH_INFO", "QUERY_STRING", "RAW_URI", "HTTP_HOST", "SERVER_PORT")} == {
        "PATH_INFO": "/あ/x".encode().decode("latin-1"),
        "QUERY_STRING": "q=%20",
        "RAW_URI": "/%E3%81%82/x?q=%20",
        "HTTP_HOST": "a.example:8443",
        "SERVER_PORT": "8443",
    }
    assert (seen["CONTENT_TYPE"], seen["HTTP_X_A"], seen["wsgi.url_scheme"]) == ("text/x", "b", "https")


def test_wsgi_keeps_the_standard_by_its_own_validator() -> None:
    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    assert wsgi(validator(app))(Request("GET", "http://a.example/")).body == b"fine"


def test_application_that_raises_answers_500_as_behind_a_server() -> None:
    def app(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError("broken")

    answer = wsgi(app)(Request("GET", "http://a.example/"))
    assert answer.status == 500
    assert b"RuntimeError: broken" in answer.body

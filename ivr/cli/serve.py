"""`ivr serve`: gunicorn with the settings' address, and on request the background process beside it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ivr import cli, metrics

if TYPE_CHECKING:
    from ivr.settings import Settings

THREADS = 8
RESTART_SECONDS = 5.0
POLL_SECONDS = 0.2
STOP_SECONDS = 20.0


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@click.option("--work", is_flag=True, help="Run the background process beside the web server and stop it with it.")
@click.option(
    "--prepare",
    is_flag=True,
    help="Make in the background what this disk still lacks: the prompts and, with --work, the store.",
)
@click.option("--web-only", is_flag=True, hidden=True, help="The web server itself, as started by --work.")
def serve(*, work: bool, prepare: bool, web_only: bool) -> None:
    """Answer Twilio's webhooks until stopped."""
    settings = cli.settings()
    if web_only or not (work or prepare):
        _web(settings)
    else:
        sys.exit(_together(_helpers(work=work, prepare=prepare)))


def _helpers(*, work: bool, prepare: bool) -> dict[str, list[str]]:
    """List what runs beside the web server: name and arguments. The background process prepares by itself."""
    if work:
        return {"work": ["work"]}
    return {"publish": ["flows", "publish"]} if prepare else {}


def _together(helpers: dict[str, list[str]]) -> int:
    """Run the web server and its helpers; stop them all when it ends or when we are told to stop."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    processes = {name: _start(arguments) for name, arguments in helpers.items()}
    web = _start(["serve", "--web-only"])
    while web.poll() is None and not stopping:
        _restart_work(processes)
        time.sleep(POLL_SECONDS)
    for process in (web, *processes.values()):
        _stop(process)
    return 0 if stopping else web.returncode


def _restart_work(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Start a background process that died again; calls go on without it meanwhile."""
    work = processes.get("work")
    if work is not None and work.poll() is not None:
        click.echo("The background process ended; starting it again.", err=True)
        time.sleep(RESTART_SECONDS)
        processes["work"] = _start(["work"])


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start one of our own commands in this environment; a Ctrl-C reaches it through us alone."""
    return subprocess.Popen([sys.executable, "-m", "ivr.cli", *arguments], process_group=0)  # noqa: S603


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _web(settings: Settings) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415  (only the server needs it)

    cli.log_as_service(settings)
    metrics.share(settings.data / "metrics")  # before anything imports the library, which asks then where to count
    from ivr.app import create_app  # noqa: PLC0415

    app = create_app(settings, published=True)
    _announce(settings, app)

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in _config(settings).items():
                self.cfg.set(name, value)

        def load(self) -> Any:  # noqa: ANN401  (a WSGI application)
            return app

    Server().run()


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "bind": f"{'127.0.0.1' if settings.local else '0.0.0.0'}:{settings.port}",  # noqa: S104  (live: behind TLS)
        "workers": settings.web_workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "preload_app": True,
        "logger_class": "ivr.log.GunicornLogger",
        "accesslog": "-",
        "post_fork": begin,
        "child_exit": end,
        "graceful_timeout": 15,
        "limit_request_line": 4094,
        "control_socket_disable": True,
        "forwarded_allow_ips": "",  # whose X-Forwarded headers are believed, IVR_TRUSTED_PROXIES alone says
    }


def begin(_server: object, worker: Any) -> None:  # noqa: ANN401  (gunicorn's Worker)
    """Let a new web process hear of what has changed since the server started, then start its threads."""
    extensions = worker.app.wsgi().extensions
    extensions["health"].metrics.begin()
    # the ticker tries again, and logs what fails
    with contextlib.suppress(Exception):
        extensions["current"].refresh()
    for ticker in ("ticker", "board_ticker", "health_ticker"):
        extensions[ticker].start()


def end(_server: object, worker: Any) -> None:  # noqa: ANN401  (gunicorn's Worker)
    """Note that a web process has ended."""
    metrics.forget(worker.pid)


def _announce(settings: Settings, app: Any) -> None:  # noqa: ANN401  (our Flask application)
    """Say how to place a call, and loudly in which mode this runs."""
    service = app.extensions["ivr"]
    spoken = "prompts are ready" if service.current().voice_set.voice else "no prompts yet: Twilio's own voice speaks"
    if settings.local:
        click.secho("LOCAL MODE: no TWILIO_AUTH_TOKEN and no IVR_PUBLIC_URL are set.", fg="yellow", bold=True, err=True)
        click.echo(
            f"  Only this machine can reach the helpline. Every request must be signed all the same, with the\n"
            f"  random token in {settings.data / 'local-token'} (test calls: {settings.data / 'test-token'}).",
            err=True,
        )
    click.echo(
        f"The helpline answers at {settings.public_url}/voice ({spoken}).\n"
        f"Place a call from another terminal:\n"
        f"  .venv/bin/ivr call --url {settings.public_url}/voice            press keys yourself\n"
        f'  .venv/bin/ivr call --url {settings.public_url}/voice --keys "1"  a lost card'
        + (f"\nOr in a browser, with sound: {settings.public_url}/phone" if settings.local else ""),
        err=True,
    )

"""Figures of a process for Prometheus: how long turns took and what went wrong. No call, caller or key is in any label.

With `PROMETHEUS_MULTIPROC_DIR` in the environment the library keeps each process's figures in files of that folder,
and whichever process is asked adds up all of them. It writes there through mapped memory, and to write to a mapped
file on a full disk kills the process: so `reserve` takes the room beforehand, and without it no figures are kept.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: where several processes keep their figures."""
RESERVED = 1024 * 1024
"""Bytes of a file as the library makes it."""
SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
"""Bounds of the times that are counted; Twilio waits 15 s."""
TYPE = "text/plain; version=0.0.4; charset=utf-8"
log = structlog.get_logger(__name__)


class Metrics:
    """The figures of this process. Counting never raises."""

    def __init__(self) -> None:
        """Make all of them, at nought. Reads the environment: see above."""
        from prometheus_client import CollectorRegistry, Counter, Histogram  # noqa: PLC0415  (reads the environment)

        self._own = CollectorRegistry()
        self._off = False
        self._turns = Histogram(
            "ivr_turn_seconds",
            "Time to answer a webhook of a call, by the kind of the node that follows",
            ["kind"],
            buckets=SECONDS,
            registry=self._own,
        )
        self._failed = Counter("ivr_turns_failed", "Turns answered with the last resort", registry=self._own)
        self._unrecorded = Counter(
            "ivr_turns_not_recorded", "Turns that could not be written to the spool", registry=self._own
        )
        self._left_out = Counter(
            "ivr_values_left_out",
            "Values of webhooks that a record cannot hold, by its field",
            ["field"],
            registry=self._own,
        )
        self._twilio = Counter(
            "ivr_twilio_errors", "Documents that Twilio could not use, by its code", ["code"], registry=self._own
        )
        self._refused = Counter(
            "ivr_requests_refused", "Requests below /voice without a signature that fits", registry=self._own
        )
        self._audio = Counter(
            "ivr_audio_missing",
            "Passages said by Twilio's voice, and files asked for, that are not there",
            ["what"],
            registry=self._own,
        )

    def begin(self) -> None:
        """Begin the figures of a process of its own, after a fork."""
        folder = os.environ.get(FOLDER, "")
        self._off = folder != "" and not reserve(folder)

    def turn(self, kind: str, seconds: float) -> None:
        """Count an answered webhook by the kind of the node that follows, and the seconds that it took."""
        self._count(lambda: self._turns.labels(kind).observe(seconds))

    def failed(self) -> None:
        """Count a turn that was answered with the last resort."""
        self._count(self._failed.inc)

    def unrecorded(self) -> None:
        """Count an event that could not be recorded."""
        self._count(self._unrecorded.inc)

    def left_out(self, field: str) -> None:
        """Count a value that the field of a record cannot hold."""
        self._count(lambda: self._left_out.labels(field).inc())

    def twilio_error(self, code: str) -> None:
        """Count a document that failed, by the five digits of its code; by none where it had no such code."""
        self._count(lambda: self._twilio.labels(code or "other").inc())

    def refused(self) -> None:
        """Count a request that nobody signed who may."""
        self._count(self._refused.inc)

    def audio_missing(self, what: str) -> None:
        """Count sound that was not there: a `passage` that Twilio's voice says instead, or a `file` asked for."""
        self._count(lambda: self._audio.labels(what).inc())

    def text(self, more: Collector) -> bytes:
        """Write the figures of all processes, and what another collector adds, in Prometheus's text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        added = CollectorRegistry()
        added.register(more)
        if not os.environ.get(FOLDER):
            return generate_latest(self._own) + generate_latest(added)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together) + generate_latest(added)

    def _count(self, count: Callable[[], object]) -> None:
        if self._off:
            return
        try:
            count()
        except Exception:  # whatever it is, it must not reach a caller
            self._off = True
            log.exception("metrics_off", remedy="figures of this process are no longer counted; start it again")


def share(folder: Path) -> None:
    """Let the processes that this one starts keep their figures in a folder, from nought; call it before `Metrics`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in folder.glob("*.db"):
            path.unlink()
    except OSError as error:
        _tell(error)
        return
    if reserve(str(folder)):
        os.environ[FOLDER] = str(folder)


def reserve(folder: str) -> bool:
    """Take the room on the disk that this process's figures need; False, and a word in the log, where there is none."""
    for kind in ("counter", "histogram"):
        try:
            file = os.open(f"{folder}/{kind}_{os.getpid()}.db", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(file, 0, RESERVED)
            finally:
                os.close(file)
        except OSError as error:
            _tell(error)
            return False
    return True


def forget(pid: int) -> None:
    """Note that a process is gone; what it counted stays counted."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    if os.environ.get(FOLDER):
        with contextlib.suppress(OSError):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _tell(error: OSError) -> None:
    log.warning("metrics_off", reason=error.strerror, remedy="free 2 MB under IVR_DATA for each web process")

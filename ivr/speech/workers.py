"""Spread jobs over processes: each gets its next job when it has done the last one.

No queue and no thread that could wait for ever: a worker that dies is noticed by its closed pipe, an error or an
interruption in this process ends them all, and they end by themselves when this process dies.
"""

from __future__ import annotations

import logging
import os
import signal
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, TypeVar, cast

from ivr import log
from ivr.speech.disk import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Job = TypeVar("Job")

_NICE = 10
_PATIENCE = 5.0
"""Seconds that a worker has to finish its job when all are told to end."""


def spread(
    jobs: Iterable[Job], processes: int, start: Callable[[], Callable[[Job], object]], done: Callable[[], None]
) -> None:
    """Do all jobs in `processes` processes; `done` is called here after each.

    `start` makes in each process what does a job; both go there by pickle. Raises what a job raised, and BuildError
    when a process was killed.
    """
    waiting = iter(jobs)
    links: dict[Connection, BaseProcess] = {}
    try:
        for _, job in zip(range(processes), waiting, strict=False):  # in this order: the other way round eats a job
            link, process = _started(start)
            links[link] = process
            link.send(job)
        while links:
            for ready in wait(list(links)):
                link = cast("Connection", ready)
                _outcome(link)
                done()
                for job in waiting:
                    link.send(job)
                    break
                else:
                    _end({link: links.pop(link)})
    finally:
        _end(links)


def _started(start: Callable[[], Callable[[Job], object]]) -> tuple[Connection, BaseProcess]:
    # spawned, not forked: a fork would copy locks that threads of this process may hold
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, start), daemon=True)
    with _interrupts_held():
        process.start()
    theirs.close()
    return ours, process


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let the process that is started be deaf to Ctrl-C from its first moment: this one hears it and ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _outcome(link: Connection) -> None:
    try:
        error = link.recv()
    except (EOFError, ConnectionError) as ended:
        raise BuildError(
            "a process that made speech was killed, most likely for want of memory. What was made is kept: run "
            "`ivr prompts build` again, with --processes 1 if it happens again",
            "音声を作るプロセスが強制終了されました(メモリー不足の可能性)。できた分は残っています。"
            "もう一度実行し、続くようなら --processes 1 を付けてください",
        ) from ended
    if error is not None:
        raise error


def _end(links: dict[Connection, BaseProcess]) -> None:
    for link in links:
        link.close()
    for process in links.values():
        process.join(_PATIENCE)
        process.terminate()
        process.join()
        process.close()


def _work(link: Connection, start: Callable[[], Callable[[Job], object]]) -> None:
    """Do what comes through the pipe until it closes."""
    log.setup(level=logging.WARNING)  # the standard output is for results
    os.nice(_NICE)  # calls come first
    do = start()
    try:
        while True:
            link.send(_done(do, link.recv()))
    except (EOFError, ConnectionError):
        return


def _done(do: Callable[[Job], object], job: Job) -> Exception | None:
    try:
        do(job)
    except Exception as error:  # noqa: BLE001  (raised again in the process that asked)
        return error
    return None

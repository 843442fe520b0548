"""Servers that speak HTTP by hand, for answers that no proper server gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader

TLS = b"\x16"
"""First byte of a handshake."""


def take(stream: BufferedReader) -> None:
    """Read one whole request: head and body may come apart, and what is left unread may cost the answer.

    Of a caller who begins to speak TLS nothing is waited for.
    """
    if stream.peek(1)[:1] == TLS:
        return
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    stream.read(length)

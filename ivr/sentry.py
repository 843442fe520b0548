"""Errors to Sentry, where a setting asks for it: the log's own masked lines, and nothing that the library would gather.

No request, no local variable, no name of a machine and no id of a call: Sentry is somebody else's computer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sentry_sdk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UNWANTED = frozenset({"call", "event", "level", "logger", "timestamp", "file", "name"})
"""Fields of a log line that have a place of their own in Sentry, or none: a call's id leads to a caller at Twilio."""
_KEPT = frozenset(
    {"event_id", "timestamp", "platform", "release", "level", "logger", "logentry", "extra", "fingerprint", "sdk"}
)


def reporter(dsn: str, release: str) -> Callable[[Mapping[str, Any]], None]:
    """Give what sends a log line to the project of a DSN, in the background; a Sentry that is away costs nothing.

    Raises ValueError for a DSN that is none.
    """
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        default_integrations=False,
        auto_enabling_integrations=False,
        max_breadcrumbs=0,
        include_local_variables=False,
        send_default_pii=False,
        before_send=_only_ours,
        shutdown_timeout=2,
    )
    return _send


def _send(line: Mapping[str, Any]) -> None:
    what, logger = str(line.get("event", "")), str(line.get("logger", ""))
    sentry_sdk.capture_event(
        {
            "level": "error",
            "logger": logger,
            "logentry": {"message": what},
            "fingerprint": [logger, what],
            "extra": {str(name): value for name, value in line.items() if name not in _UNWANTED},
        }
    )


def _only_ours(event: Any, _hint: object) -> Any:  # noqa: ANN401  (the library's Event)
    return {name: value for name, value in event.items() if name in _KEPT}

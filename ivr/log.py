"""Log lines: one set-up for our own and for foreign loggers, and masks so that no key press and no number gets out.

Our events have static names with fields beside them; stdlib loggers (gunicorn, werkzeug, SQLAlchemy, Alembic) run
through the same masks and come out in the same form. Nothing here decides what is logged, only how it looks.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, TextIO

import structlog
from gunicorn.glogging import Logger as GunicornBase

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

Form = Literal["text", "json"]
Report = Callable[[Mapping[str, Any]], None]
MASK = "***"
LEVELS = {"urllib3": logging.WARNING, "sqlalchemy": logging.WARNING, "alembic": logging.WARNING}
"""Foreign loggers that speak only when something is wrong; all others from INFO on."""

_POSITION = re.compile(r"/voice/at/1\.(?P<node>[a-z_]{1,64})\.[^/]*(?P<after>/silence|/dialled)?")
_PATH = re.compile(r"/(?:voice(?:/status|/fallback)?|audio/[0-9a-f]{24}\.wav|healthz|readyz|metrics)")
_TELEPHONE_INT = 10**8
_CALLER_KEYS = ("from", "from_", "caller", "called", "caller_id", "number", "phone", "tel")
_INPUT_KEYS = ("digits", "key", "keys", "pin", "otp", "speechresult", "form", "body", "cookie", "authorization")
_SECRET_KEYS = frozenset((*_CALLER_KEYS, *_INPUT_KEYS))
_SECRET_PARTS = ("token", "password", "passwd", "secret", "digits", "signature")
_ARGS = "positional_args"
_OWN_KEYS = frozenset(
    (
        *("timestamp", "level", "logger", "node", "option", "kind", "prompts", "file", "revision", "bytes", _ARGS),
        *("version", "versions", "before", "stays"),  # of sets
    )
)
_TWILIO_CODE = re.compile(r"[0-9]{5}")
_ERRORS = frozenset({"error", "critical"})
_reporting: list[Report] = []
_QUERY = re.compile(r"\?[^\s\"'<>]*")
_FILE_LINE = re.compile(r'^\s*File "[^"]*", line \d+, in ')
_NUMBERS = re.compile(
    r"""
    (?P<keep>
        \b(?:[A-Z]{2})?(?=[0-9]*[a-f])[0-9a-f]{16,64}\b                             # Twilio's ids, content hashes
      | \b(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])
        (?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?![0-9-])  # moments
      | (?:\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\blocalhost|\]):[0-9]{1,5}\b              # host:port
      | \b(?:pid|port|line)[ :=]{1,2}[0-9]{1,7}\b
    )
    | \+?\d(?:[ ()-]{0,2}\d){8,}                                                     # telephone and My Numbers
    | \d{4,}                                                                         # PINs and everything longer
    """,
    re.VERBOSE,
)


def setup(
    form: Form = "text",
    *,
    stream: TextIO | None = None,
    level: int = logging.INFO,
    report: Report | None = None,
) -> None:
    """Send every log line of this process to `stream` (standard error unless given), masked, in one form.

    `json` is one object a line for production, `text` is for people. `report` gets the masked fields of every error
    too. Calling it again replaces what it set up.
    """
    _reporting[:] = [report] if report else []
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(form, stream))
    root.setLevel(level)
    for name, quiet in LEVELS.items():
        logging.getLogger(name).setLevel(max(level, quiet))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def mask_text(text: str) -> str:
    """Replace in free text what could be a number that a caller typed or calls from, and escape control characters.

    Query strings go as a whole. Ids, content hashes, moments, `host:port` and numbers called pid, port or line stay.
    """
    masked = _NUMBERS.sub(lambda found: found[0] if found["keep"] else MASK, _QUERY.sub(_masked_query, text))
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in masked)


def mask(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Mask every field of a log line: secrets by their name, everything else by what it looks like."""
    return {
        key: _masked_trace(value) if key == "exception" else _masked(key, value) for key, value in event_dict.items()
    }


def known_path(path: str) -> str:
    """Shorten a path to what may stand in a log: our own addresses, of a position the node alone.

    Whatever else somebody wrote into an address, digits a caller typed or a forger's text, is not repeated.
    """
    position = _POSITION.fullmatch(path)
    if position:
        return f"/voice/at/{position['node']}{position['after'] or ''}"
    return path if _PATH.fullmatch(path) else "(another path)"


class GunicornLogger(GunicornBase):  # type: ignore[misc]  # gunicorn brings no types
    """Gunicorn's messages in our form; an access line has no query string, no header and no address of a client."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401  (gunicorn's Config)
        """Pass everything on to the root logger instead of opening files."""
        self.cfg = cfg
        self.loglevel = self.LOG_LEVELS.get(cfg.loglevel.lower(), logging.INFO)
        self._access_log_enabled = True
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(self.loglevel)
        if not any(isinstance(handler, _Handler) for handler in logging.getLogger().handlers):
            setup()

    def access(self, resp: Any, _req: object, environ: Mapping[str, Any], request_time: timedelta) -> None:  # noqa: ANN401
        """Log one answered request: method, path, status, milliseconds and bytes sent."""
        structlog.get_logger("ivr.access").info(
            "request",
            method=environ.get("REQUEST_METHOD", "-"),
            path=known_path(str(environ["PATH_INFO"])) if "PATH_INFO" in environ else "-",
            status=int(str(resp.status).split(maxsplit=1)[0]),
            ms=request_time // timedelta(milliseconds=1),
            bytes=getattr(resp, "sent", None),
        )


class _Handler(logging.Handler):
    """Writes to the given stream, or to what is standard error at that moment."""

    def __init__(self, form: Form, stream: TextIO | None) -> None:
        super().__init__()
        self.stream = stream
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[*_common(), _foreign],
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form, stream)],
                use_get_message=False,
                pass_foreign_args=True,
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream = self.stream or sys.stderr
            stream.write(self.format(record) + "\n")
            stream.flush()
        except Exception:  # noqa: BLE001  (a log line that cannot be written must not end a call)
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say that a line is missing; the stdlib's way would print its raw arguments."""
        try:
            sys.stderr.write(f"a log line of {record.name} could not be written\n")
        except (OSError, ValueError):
            return


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask,
        _reported,
    ]


def _reported(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Hand a masked error on; whatever comes of that, it is logged."""
    if event_dict.get("level") in _ERRORS:
        for report in _reporting:
            with contextlib.suppress(Exception):
                report(
                    {name: value for name, value in event_dict.items() if not name.startswith("_") and name != _ARGS}
                )
    return event_dict


def _renderer(form: Form, stream: TextIO | None) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    colors = (stream or sys.stderr).isatty()
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _foreign(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Fill a foreign message, already masked, with masked arguments.

    Last in its chain: numbers that were handed in as numbers are process ids, ports and counts, and stay.
    """
    args = event_dict.pop(_ARGS, ())
    try:
        event_dict["event"] = event_dict["event"] % _masked_args(args) if args else event_dict["event"]
    except (TypeError, ValueError, KeyError):
        event_dict["unfilled"] = True
    return event_dict


def _masked_args(args: Any) -> Any:  # noqa: ANN401  (logging hands on a tuple or one mapping)
    if isinstance(args, Mapping):
        return {key: _masked(str(key), value) for key, value in args.items()}
    return tuple(_masked("", value) for value in args)


def _masked_query(found: re.Match[str]) -> str:
    return f"?{MASK}" if "=" in found[0] else found[0]


def _masked(key: str, value: object) -> Any:  # noqa: ANN401  (what a log field may hold)
    name = key.lower()
    if name in _SECRET_KEYS or any(part in name for part in _SECRET_PARTS):
        return value if value is None else MASK
    if name in _OWN_KEYS or name.startswith("_"):
        return value
    if name == "code" and _TWILIO_CODE.fullmatch(str(value)):
        return value
    return _masked_trace(str(value)) if name == "exception" else _masked_value(value)


def _masked_value(value: object) -> Any:  # noqa: ANN401  (the same)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return MASK if abs(value) >= _TELEPHONE_INT else value
    if isinstance(value, Mapping):
        return {mask_text(str(key)): _masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_value(item) for item in value]
    return mask_text(value.isoformat() if isinstance(value, date) else str(value))


def _masked_trace(trace: str) -> str:
    return "\n".join(line if _FILE_LINE.match(line) else mask_text(line) for line in trace.splitlines())

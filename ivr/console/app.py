"""`create_console`: the application behind `/console` and, where the service is live, behind `/phone`.

Nothing is shown to anybody unless `ACCESS` says so. Cookies are sent to this site alone and read by no script; nothing
that is not ours runs, loads or frames; every form bears a token (CSRF). With the store away nobody can sign in and the
pages say so.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import structlog
from flask import Flask, Response, abort, g, redirect, render_template, request, url_for
from flask_limiter import Limiter
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from ivr.console import calls, dates, reports, signin
from ivr.records.store import StoreError
from ivr.records.users import ROLES, Users
from ivr.titles import ROLES as ROLES_JA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from werkzeug.wrappers import Response as AnyResponse

    from ivr.records.store import Store
    from ivr.sets.known import KnownFlows

EVERYBODY: frozenset[str] = frozenset(ROLES)
ACCESS = {
    "signin.": EVERYBODY,
    "reports.": EVERYBODY,
    "calls.": frozenset({"operator", "supervisor", "auditor"}),
    "audit.": frozenset({"supervisor", "auditor"}),
    "phone.": frozenset({"operator", "supervisor", "editor"}),
}
"""Which roles see the pages whose endpoint begins so."""
OPEN = frozenset({"signin.enter", "static"})
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
MAX_BODY = 64 * 1024
AT_ONCE = 2
"""Pages that a process makes at the same time; of its threads all others are there for calls."""
BUSY = Response(
    "混みあっています。少し待って、もう一度開いてください。\n",
    503,
    {"Retry-After": "5", "Cache-Control": "no-store"},
    content_type="text/plain; charset=utf-8",
)
_NAMES = frozenset({"from", "to", "flow", "compare", "from2", "to2", "test", "tests"})
_DAY = r"[0-9令和元]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?(?:\([月火水木金土日]\))?|[0-9]{8}"
_VALUE = re.compile(rf"(?:{_DAY}|(?:flow:)?[0-9a-f]{{8}}|previous|period|1|CA[0-9a-f]{{32}}|[a-z]{{4,8}})?")
"""What stands in the addresses of our pages; whatever else somebody wrote there is not repeated."""
log = structlog.get_logger(__name__)


def create_console(
    store: Store, now: Callable[[], datetime], flows: KnownFlows, *, key: str, secure: bool, proxies: int = 0
) -> Flask:
    """Build the application; `key` signs its cookies, `secure` is for a service that is reached by https.

    Whom a request comes from is told by the last of so many `proxies`; without any, nothing that it says counts.
    """
    app = Flask(__name__, static_url_path="/console/static")
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_NAME="__Host-console" if secure else "console",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    users = Users(store, now)
    app.extensions["users"] = users
    app.extensions["store"] = store
    app.extensions["flows"] = flows
    app.extensions["now"] = now
    # kept by each process for itself: what counts failures under a name is in the store
    app.extensions["rate"] = Limiter(signin.address, app=app, storage_uri="memory://")
    CSRFProtect(app)
    _sign_in_with(app, users)
    app.before_request(_proxy_noticed(proxies))
    app.before_request(only_who_may)
    app.after_request(guarded(secure=secure))
    for blueprint in (signin.pages, reports.pages, calls.pages, calls.log_of_changes):
        app.register_blueprint(blueprint, url_prefix="/console")
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(StoreError, _store_away)
    app.register_error_handler(CSRFError, _old_form)
    app.jinja_env.globals.update(may=may, roles=ROLES_JA)
    app.jinja_env.filters["tokyo"] = calls.in_tokyo
    app.jinja_env.finalize = dates.written
    return app


def beside(app: WSGIApplication, console: WSGIApplication, prefixes: tuple[str, ...]) -> WSGIApplication:
    """Let the console answer what is below its prefixes, and the other application everything else.

    Of the threads of a process the console never takes more than `AT_ONCE`: a report may take long, and Twilio waits
    15 seconds.
    """
    free = threading.BoundedSemaphore(AT_ONCE)

    def door(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes):
            return app(environ, start_response)
        if not path.startswith("/console") or path.startswith("/console/static/"):
            return console(environ, start_response)
        if not free.acquire(blocking=False):
            return BUSY(environ, start_response)
        try:
            return console(environ, start_response)  # a page is whole by then: none is streamed
        finally:
            free.release()

    return door


def may(endpoint: str) -> bool:
    """Tell whether who is signed in may see a page."""
    role = getattr(current_user, "role", None)
    return any(endpoint.startswith(prefix) and role in roles for prefix, roles in ACCESS.items())


def only_who_may() -> AnyResponse | None:
    """Send whoever is not signed in to where that is done; what their role may not see is not there."""
    endpoint = request.endpoint or ""
    if endpoint in OPEN or endpoint == "phone.static":
        return None
    if not current_user.is_authenticated:
        if "store_away" in g:
            raise g.store_away
        if request.method != "GET":
            abort(401)
        return redirect(f"{url_for('signin.enter')}?next={quote(wanted(), safe='')}")
    if endpoint and not may(endpoint):
        log.warning("page_refused", page=endpoint, role=current_user.role)
        abort(403)
    return None


def wanted() -> str:
    """Give the page that was asked for, to come back to; nothing of an address that is not one of our own."""
    values = (*request.args.values(), *(request.view_args or {}).values())
    if request.endpoint is None or not all(_VALUE.fullmatch(str(value)) for value in values):
        return url_for("signin.home")
    query = urlencode([(name, value) for name, value in request.args.items(multi=True) if name in _NAMES])
    return f"{request.path}?{query}" if query else request.path


def _proxy_noticed(proxies: int) -> Callable[[], None]:
    """Say once in the log that a proxy seems to stand before a process that was told of none."""
    told: list[bool] = []

    def look() -> None:
        if not proxies and not told and "X-Forwarded-For" in request.headers:
            told.append(True)
            remedy = "if a proxy of yours stands before this service, set IVR_TRUSTED_PROXIES to their number"
            log.warning("proxy_not_trusted", remedy=remedy)

    return look


def guarded(*, secure: bool) -> Callable[[Response], Response]:
    """Let nothing run, load or frame that is not ours, and nothing be kept."""

    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint not in {"static", "phone.static"}:
            response.cache_control.no_store = True
        return response

    return guard


def _sign_in_with(app: Flask, users: Users) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # a session is a row of the store, and ends there

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> signin.SignedIn | None:
        try:
            user = users.session(token)
        except StoreError as error:
            # raised later, once: whatever page says so asks again who is signed in
            g.store_away = error
            return None
        return signin.SignedIn(token, user) if user else None


def _told(error: HTTPException) -> tuple[str, int]:
    return render_template("error.html", code=error.code), error.code or 500


def _store_away(error: StoreError) -> tuple[str, int]:
    log.warning("console_without_store", reason=str(error))
    return render_template("error.html", code="store"), 503


def _old_form(_error: CSRFError) -> tuple[str, int]:
    return render_template("error.html", code="form"), 400

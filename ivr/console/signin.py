"""Signing in and out, and one's own password."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv4Address, ip_address, ip_network
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_limiter.errors import RateLimitExceeded
from flask_login import UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from ivr.records.users import LONGEST, NAME, SHORTEST, RefusedError, UserError, normal, normal_password

if TYPE_CHECKING:
    from flask_limiter import Limiter
    from werkzeug.wrappers import Response

    from ivr.records.users import User, Users

RATE, RATE_OF_ADDRESS = "20 per minute", "120 per minute"
"""Tries from one address under one name, and under all names: each of them costs a core some time. For each web process
by itself; what counts failures under a name is in the store."""
WRONG = "名前、パスワード、確認コードのどれかがちがうか、しばらく止められています。"
LENGTH = f"{SHORTEST}文字から{LONGEST}文字までにしてください。"
EMPTY, TOO_LONG = "入れてください。", "長すぎます。"
TOO_MANY = "回数が多すぎます。一分ほど待ってから、もう一度お試しください。"
log = structlog.get_logger(__name__)
pages = Blueprint("signin", __name__)


class SignedIn(UserMixin):  # type: ignore[misc]  # flask_login brings no types
    """Somebody who is signed in, as Flask-Login wants it: known by the token of the session."""

    def __init__(self, token: str, user: User) -> None:
        """Keep who it is."""
        self.token = token
        self.name = user.name
        self.role = user.role

    def get_id(self) -> str:
        """Give what the cookie holds."""
        return self.token


class Entrance(FlaskForm):  # type: ignore[misc]  # flask_wtf brings no types
    """Who it is, and how they prove it."""

    name = StringField("名前", [DataRequired(EMPTY), Length(max=64, message=TOO_LONG)])
    password = PasswordField("パスワード", [DataRequired(EMPTY), Length(max=LONGEST, message=TOO_LONG)])
    code = StringField("確認コード(使っている人だけ)", [Length(max=16, message=TOO_LONG)])


class NewPassword(FlaskForm):  # type: ignore[misc]
    """The password until now, and the one from now on, twice."""

    old = PasswordField("今のパスワード", [DataRequired(EMPTY), Length(max=LONGEST, message=TOO_LONG)])
    new = PasswordField(
        f"新しいパスワード({SHORTEST}文字以上)",
        [DataRequired(EMPTY), Length(SHORTEST, LONGEST, LENGTH)],
        [lambda given: normal_password(given or "")],
    )
    again = PasswordField(
        "もう一度", [EqualTo("new", "二回の入力がちがいます。")], [lambda given: normal_password(given or "")]
    )


@pages.get("")
def home() -> Response:
    """Show what there is to see."""
    return redirect(url_for("reports.show"))


@pages.route("/sign-in", methods=["GET", "POST"])
def enter() -> Response | str | tuple[str, int]:
    """Let somebody in; what was wrong is not told."""
    form = Entrance()
    valid = form.validate_on_submit()
    given = normal(form.name.data or "")
    if not NAME.fullmatch(form.name.data or ""):
        form.name.data = ""  # a password or a PIN typed there by mistake is not shown again
    if not valid:
        return render_template("sign-in.html", form=form, error="")
    limiter: Limiter = current_app.extensions["rate"]
    try:
        # the name first: who tries one of them again and again uses up nothing of what others need
        by_name = limiter.limit(RATE, key_func=lambda: _key(f"{address()} {given}"))
        with by_name, limiter.limit(RATE_OF_ADDRESS, key_func=_address_key):
            return _signed_in(form, given)
    except RateLimitExceeded:
        return render_template("sign-in.html", form=form, error=TOO_MANY), 429


def _signed_in(form: Entrance, name: str) -> Response | tuple[str, int]:
    users = _users()
    try:
        token = users.sign_in(name, form.password.data, form.code.data or "", _address_key())
    except RefusedError as error:
        log.warning("sign_in_refused", reason=error.reason)
        return render_template("sign-in.html", form=form, error=WRONG), 403
    user = users.session(token)
    if user is None:
        return render_template("sign-in.html", form=form, error=WRONG), 403
    session.clear()
    login_user(SignedIn(token, user))
    return redirect(_inside(request.args.get("next", "")))


@pages.post("/sign-out")
def leave() -> Response:
    """Let somebody out, and end the session for good."""
    _users().sign_out(current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("signin.enter"))


@pages.route("/account", methods=["GET", "POST"])
def account() -> str | tuple[str, int] | Response:
    """Let somebody change their password; they sign in anew with it."""
    form, error = NewPassword(), ""
    if form.validate_on_submit():
        users, name = _users(), current_user.name
        if not users.proves(name, form.old.data, _address_key()):
            error = "今のパスワードがちがうか、しばらく止められています。"
        else:
            try:
                users.set_password(name, form.new.data, name)
            except UserError:
                error = "かんたんすぎるパスワードです。名前や、同じ文字のくり返しは使えません。"
            else:
                logout_user()
                session.clear()
                return redirect(url_for("signin.enter"))
    return render_template("account.html", form=form, error=error), 400 if error else 200


def address() -> str:
    """Give the address that a request comes from; of IPv6 the network, since one line has all of that."""
    here = (request.remote_addr or "").strip()
    bare = here[1:].partition("]")[0] if here.startswith("[") else here
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]  # some proxies write the port behind it
    try:
        read = ip_address(bare)
    except ValueError:
        return here
    if isinstance(read, IPv4Address):
        return str(read)
    return str(read.ipv4_mapped or ip_network((int(read), 64), strict=False))


def _address_key() -> str:
    """Give what the store keeps of the address: a keyed hash, from which nobody can tell it."""
    return _key(address())


def _key(text: str) -> str:
    """Give a keyed hash: of what somebody typed, and where, nothing else stays in memory or comes into the log."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _inside(path: str) -> str:
    """Give the page that somebody wanted, if it is one of ours."""
    inside = path.startswith(("/console", "/phone")) and "\\" not in path and "//" not in path
    return path if inside else url_for("signin.home")


def _users() -> Users:
    found: Users = current_app.extensions["users"]
    return found

"""Signing in and out, and one's own password."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import ip_network
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_limiter.errors import RateLimitExceeded
from flask_login import UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from ivr.records.users import LONGEST, NAME, SHORTEST, RefusedError, UserError, normal

if TYPE_CHECKING:
    from flask_limiter import Limiter
    from werkzeug.wrappers import Response

    from ivr.records.users import User, Users

RATE, RATE_OF_ADDRESS = "20 per minute", "120 per minute"
"""Tries from one address under one name, and under all names: each of them costs a core some time. For each web process
by itself; what counts failures under a name is in the store."""
WRONG = "名前、パスワード、確認コードのどれかがちがうか、しばらく止められています。"
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

    name = StringField("名前", [DataRequired(), Length(max=64)])
    password = PasswordField("パスワード", [DataRequired(), Length(max=LONGEST)])
    code = StringField("確認コード(使っている人だけ)", [Length(max=16)])


class NewPassword(FlaskForm):  # type: ignore[misc]
    """The password until now, and the one from now on, twice."""

    old = PasswordField("今のパスワード", [DataRequired(), Length(max=LONGEST)])
    new = PasswordField(f"新しいパスワード({SHORTEST}文字以上)", [DataRequired(), Length(SHORTEST, LONGEST)])
    again = PasswordField("もう一度", [EqualTo("new", "二回の入力がちがいます。")])


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
    if not NAME.fullmatch(given):
        form.name.data = ""  # nobody's name: what somebody typed there by mistake is not shown again
    if not valid:
        return render_template("sign-in.html", form=form, error="")
    limiter: Limiter = current_app.extensions["rate"]
    try:
        with limiter.limit(RATE_OF_ADDRESS, key_func=address), limiter.limit(RATE, key_func=lambda: address() + given):
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
    here = request.remote_addr or ""
    try:
        return str(ip_network((here, 64), strict=False)) if ":" in here else here
    except ValueError:
        return here


def _address_key() -> str:
    """Give what the store keeps of the address: a keyed hash, from which nobody can tell it."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, address().encode(), hashlib.sha256).hexdigest()


def _inside(path: str) -> str:
    """Give the page that somebody wanted, if it is one of ours."""
    inside = path.startswith(("/console", "/phone")) and "\\" not in path and "//" not in path
    return path if inside else url_for("signin.home")


def _users() -> Users:
    found: Users = current_app.extensions["users"]
    return found

"""`ivr user`: who may sign in to /console. Passwords are asked for, or read from standard input, never arguments."""

from __future__ import annotations

import contextlib
import sys
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli, typed
from ivr.cli.records import open_store, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.records.users import Role, Users

TOKYO = ZoneInfo("Asia/Tokyo")
ROLES = ("operator", "supervisor", "editor", "auditor")


class _Role(click.Choice):
    """A role, however it is typed."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it; what is none is refused with the list of those that there are."""
        return str(super().convert(typed.name(value), param, ctx))


_ROLE = _Role(ROLES)
_STDIN = click.option("--stdin", is_flag=True, help="Read the password from the first line of standard input.")
_ISSUER = "Shinagawa helpline"


@click.group(context_settings=cli.HELP)
def user() -> None:
    """Say who may sign in to /console, and as what."""


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_users(*, as_json: bool) -> None:
    """List the users."""
    with _users() as users:
        found = users.all()
    if as_json:
        click.echo(to_json([vars(each) for each in found]))
        return
    for each in found:
        locked = each.locked_until and each.locked_until > datetime.now(TOKYO)
        marks = f"{'  one-time codes' if each.totp else ''}{'  locked' if locked else ''}"
        click.echo(f"{each.name:20} {each.role:12}{marks}")


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, required=True, help="What they may see and do; docs/operating.md has the table.")
@_STDIN
def add(*, name: str, role: Role, stdin: bool) -> None:
    """Add somebody."""
    with _users() as users:
        users.add(name, role, _password(stdin=stdin), cli.who())
    click.echo(f"{typed.name(name)} may sign in as {role}", err=True)


@user.command()
@click.argument("name")
@click.argument("new", metavar="ROLE", type=_ROLE)
def role(*, name: str, new: Role) -> None:
    """Give somebody another role."""
    with _users() as users:
        users.set_role(name, new, cli.who())


@user.command()
@click.argument("name")
@_STDIN
def password(*, name: str, stdin: bool) -> None:
    """Give somebody another password; who is signed in under that name is signed out."""
    with _users() as users:
        users.set_password(name, _password(stdin=stdin), cli.who())


@user.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Ask for one-time codes no longer.")
def totp(*, name: str, off: bool) -> None:
    """Ask somebody for one-time codes too; prints what their telephone's app reads, once."""
    import pyotp  # noqa: PLC0415
    import segno  # noqa: PLC0415

    secret = "" if off else pyotp.random_base32()
    shown = segno.make(pyotp.TOTP(secret, name=typed.name(name), issuer=_ISSUER).provisioning_uri()) if secret else None
    with _users() as users:
        users.set_totp(name, secret, cli.who())
    if shown:
        shown.terminal(out=sys.stdout, compact=True)
        click.echo(secret)


@user.command()
@click.argument("name")
def unlock(*, name: str) -> None:
    """Let somebody try again at once."""
    with _users() as users:
        users.unlock(name, cli.who())


@user.command()
@click.argument("name")
def remove(*, name: str) -> None:
    """Let somebody in no more."""
    with _users() as users:
        users.remove(name, cli.who())


@contextlib.contextmanager
def _users() -> Iterator[Users]:
    from ivr.records.users import UserError, Users  # noqa: PLC0415  (the database library takes a while)

    with open_store(cli.settings()) as store:
        store.upgrade()
        try:
            yield Users(store, lambda: datetime.now(TOKYO))
        except UserError as error:
            raise click.ClickException(str(error)) from error


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return given

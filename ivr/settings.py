"""The settings of the service: read once from the environment, checked field by field, then frozen.

Every setting has its help in English and Japanese, so `ivr settings`, the table of docs/operating.md and the error
messages say the same. There are no defaults for secrets, and nothing turns signature checks off.
"""

from __future__ import annotations

import difflib
import re
import secrets
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from ivr import office_hours
from ivr.findings import BadValueError, Finding, FindingsError
from ivr.misfits import said

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
TEST_ACCOUNT_SID = "AC" + "0" * 28 + "7e57"
LOCAL_TOKEN = "local-token"  # noqa: S105  (the name of a file)
"""Of the data folder; holds what real calls are signed with in local mode."""
CONSOLE_KEY = "console-key"
"""Of the data folder; holds the key of /console's cookies."""
_PLACE = "settings"
_EMERGENCY = frozenset({"110", "118", "119"})
"""Police, coast guard, fire and ambulance."""
SHORTEST_KEY = 32
"""Characters of a key: with a short one a hash could be turned back into a number."""
SHORTEST_TOKEN = 16
"""Characters of a token that somebody chose."""
MOST_PROXIES = 10
LONGEST_KEPT = 3650
"""Days that a record may be kept at most."""


def _setting(variable: str, en: str, ja: str, default: Any = ...) -> Any:  # noqa: ANN401  (pydantic's Field)
    return Field(default, description=en, json_schema_extra={"variable": variable, "ja": ja})


class Settings(BaseModel):
    """One frozen value for the whole process; see `describe()` for what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path = _setting("IVR_ROOT", "folder that holds flows/ and prompts/", "flows/ と prompts/ のある場所", ROOT)
    data: Path = _setting(
        "IVR_DATA", "folder for everything that is written", "書き込むものをすべて置く場所", ROOT / "var"
    )
    auth_token: SecretStr | None = _setting(
        "TWILIO_AUTH_TOKEN",
        "primary auth token of the Twilio account; set it together with IVR_PUBLIC_URL",
        "Twilio アカウントの認証トークン。IVR_PUBLIC_URL と一緒に設定します",
        None,
    )
    public_url: str = _setting(
        "IVR_PUBLIC_URL",
        "https address under which Twilio reaches this service, as in the number's voice webhook without /voice",
        "Twilio から見たこのサービスの https アドレス(音声 Webhook から /voice を除いたもの)",
        "",
    )
    own_number: str = _setting(
        "TWILIO_PHONE_NUMBER",
        "our own number, the caller ID of transfers where a call did not come by a number",
        "この電話案内の番号。番号以外(SIP など)で着いた電話を転送するときの発信者番号です",
        "",
    )
    office_phone: str = _setting(
        "IVR_OFFICE_PHONE",
        "number to which key 0 transfers, for example 03-1234-5678; unset: nobody is dialled",
        "0 を押した人をつなぐ電話番号。設定しなければ、どこにもつなぎません",
        "",
    )
    office_hours: str = _setting(
        "IVR_OFFICE_HOURS",
        "when that number answers, for example 'mon-fri 08:30-17:00, sun 09:00-12:00'; never on national holidays, at "
        "the turn of the year, and on its own closed days",
        "その電話に出られる時間。例「mon-fri 08:30-17:00」。祝日、年末年始、係の電話の休みの日は、出ないものとします",
        "",
    )
    survey_percent: int = _setting(
        "IVR_SURVEY_PERCENT",
        "of a hundred calls, how many are asked after an answer whether it helped; 0: none",
        "百の電話のうち、答えのあとで「お役に立てましたか」とたずねる数。0 なら、たずねません",
        0,
    )
    engine: Literal["quick", "gtts", "tone"] = _setting(
        "IVR_SPEECH_ENGINE",
        "voice that makes the prompts: quick (embedded), gtts (needs the network), tone (for tests)",
        "音声合成の種類:quick(内蔵)、gtts(要ネットワーク)、tone(試験用)",
        "quick",
    )
    store: SecretStr | None = _setting(
        "IVR_STORE_URL",
        "address of the record store, for example postgresql://ivr:password@host/ivr; unset: SQLite under IVR_DATA",
        "記録を置くデータベース。設定しなければ IVR_DATA の SQLite",
        None,
    )
    record_sync: Literal["second", "always"] = _setting(
        "IVR_RECORD_SYNC",
        "when a recorded turn is forced to disk: once a second, or always before the answer",
        "記録をディスクに確定する間隔:毎秒(second)か、応答のたび(always)",
        "second",
    )
    caller_secrets: SecretStr | None = _setting(
        "IVR_CALLER_KEYS",
        "keys of the hashes that stand for callers' numbers, 32 characters or more each, blanks between: the first is "
        "used, the others find what was recorded with them; unset: kept under IVR_DATA",
        "発信者番号の代わりに残すハッシュの鍵。32文字以上を空白で区切って並べます。使うのは最初の鍵で、残りは以前の記録を"
        "探すためのものです。設定しなければ IVR_DATA に置きます",
        None,
    )
    keep_callers: int = _setting(
        "IVR_KEEP_CALLERS",
        "days after which it is forgotten who called: hash and last two digits",
        "だれからの電話か(ハッシュと下二けた)を忘れるまでの日数",
        35,
    )
    keep_calls: int = _setting(
        "IVR_KEEP_CALLS", "days after which a call is forgotten", "通話の記録を消すまでの日数", 400
    )
    keep_tests: int = _setting(
        "IVR_KEEP_TESTS", "days after which a simulated call is forgotten", "模擬通話の記録を消すまでの日数", 7
    )
    keep_audit: int = _setting(
        "IVR_KEEP_AUDIT",
        "days after which it is forgotten who changed what",
        "だれが何を変えたかの記録を消すまでの日数",
        1100,
    )
    sentry: SecretStr | None = _setting(
        "SENTRY_DSN",
        "DSN of a Sentry project that gets every error of the log, masked, without any id of a call; unset: none",
        "ログのエラー(伏せ字、通話の番号なし)を送る Sentry プロジェクトの DSN。設定しなければ送りません",
        None,
    )
    log_format: Literal["text", "json"] = _setting("IVR_LOG_FORMAT", "form of the log lines", "ログの形式", "text")
    console_secret: SecretStr | None = _setting(
        "IVR_CONSOLE_KEY",
        "key that signs the cookies of /console, 32 characters or more, the same on every machine; unset: made on "
        "first start and kept under IVR_DATA",
        "/console のクッキーに署名する鍵(32文字以上、すべてのマシンで同じもの)。設定しなければ最初の起動時に作り、"
        "IVR_DATA に置きます",
        None,
    )
    trusted_proxies: int = _setting(
        "IVR_TRUSTED_PROXIES",
        "number of proxies of our own before this service, each of which adds to X-Forwarded-For: /console counts "
        "tries to sign in by the address that the first of them saw; 0: by the address that connects",
        "このサービスの前にある、自分たちのプロキシの数(X-Forwarded-For に書きくわえるもの)。/console は、いちばん"
        "外側のプロキシから見たアドレスごとに、サインインの失敗を数えます。0 なら、つないできたアドレスで数えます",
        0,
    )
    metrics_secret: SecretStr | None = _setting(
        "IVR_METRICS_TOKEN",
        "token that opens /metrics, 16 characters or more, sent by Prometheus as 'Authorization: Bearer TOKEN'; unset: "
        "/metrics is there in local mode only",
        "/metrics を開くトークン(16文字以上)。Prometheus が「Authorization: Bearer トークン」で送ります。"
        "設定しなければ、/metrics は手元での実行のときだけ開きます",
        None,
    )
    port: int = _setting("PORT", "port of the web server", "ウェブサーバーのポート番号", 8000)
    web_workers: int = _setting("WEB_CONCURRENCY", "number of web processes", "ウェブのプロセス数", 2)
    test_secret: SecretStr | None = _setting(
        "IVR_TEST_TOKEN",
        "token that signs simulated calls; unset: made on first start and kept under IVR_DATA",
        "模擬通話の署名に使うトークン。設定しなければ最初の起動時に作り、IVR_DATA に置きます",
        None,
    )
    test_calls: Literal["accept", "refuse"] = _setting(
        "IVR_TEST_CALLS",
        "whether simulated calls that bear the test token are answered: accept or refuse",
        "試験用トークンの付いた模擬通話に応じるか:応じる(accept)か、断る(refuse)か",
        "accept",
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raises FindingsError that names each wrong, unknown or missing setting."""
        names = variables()
        findings = [_unknown(name, names) for name in environ if name.startswith("IVR_") and name not in names]
        given = {field: environ[name] for name, field in names.items() if environ.get(name)}
        findings += _halves(given)
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            raise FindingsError([*findings, *(_wrong(item) for item in error.errors())]) from error
        findings += _circle(settings)
        if findings:
            raise FindingsError(findings)
        return settings.completed()

    @field_validator("port", "web_workers")
    @classmethod
    def _positive(cls, value: int) -> int:
        if not 1 <= value <= 65535:  # noqa: PLR2004  (the highest port)
            raise BadValueError("must be between 1 and 65535", "1 から 65535 までの数にしてください")
        return value

    @field_validator("keep_callers", "keep_calls", "keep_tests", "keep_audit")
    @classmethod
    def _days(cls, value: int) -> int:
        if not 1 <= value <= LONGEST_KEPT:
            text, text_ja = "must be a number of days between 1 and", "1 から {} までの日数にしてください"
            raise BadValueError(f"{text} {LONGEST_KEPT}", text_ja.format(LONGEST_KEPT))
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: int) -> int:
        if not 0 <= value <= MOST_PROXIES:
            raise BadValueError(
                f"must be a number of proxies between 0 and {MOST_PROXIES}",
                f"プロキシの数を 0 から {MOST_PROXIES} までで書いてください",
            )
        return value

    @field_validator("survey_percent")
    @classmethod
    def _percent(cls, value: int) -> int:
        if not 0 <= value <= 100:  # noqa: PLR2004  (of a hundred)
            raise BadValueError("must be a number between 0 and 100", "0 から 100 までの数にしてください")
        return value

    @field_validator("caller_secrets", "console_secret")
    @classmethod
    def _keys(cls, value: SecretStr) -> SecretStr:
        keys = value.get_secret_value().split()
        if not keys or any(len(key) < SHORTEST_KEY for key in keys):
            raise BadValueError(
                f"each key must have {SHORTEST_KEY} characters or more", f"鍵は、それぞれ {SHORTEST_KEY} 文字以上です"
            )
        return value

    @field_validator("sentry")
    @classmethod
    def _dsn(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"https?://[0-9A-Za-z]+@[^/@\s]+/(?:[^\s?#]*/)?[0-9]+", value.get_secret_value()):
            raise BadValueError(
                "must look like https://key@host/number, as the project's settings show it",
                "プロジェクトの設定に出ている https://key@host/number の形で書いてください",
            )
        return value

    @field_validator("metrics_secret")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(rf"\S{{{SHORTEST_TOKEN},}}", value.get_secret_value()):
            raise BadValueError(
                f"must have {SHORTEST_TOKEN} characters or more, and no blanks",
                f"{SHORTEST_TOKEN} 文字以上で、空白は使えません",
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _base(cls, value: str) -> str:
        if not value:
            return value
        if not re.fullmatch(r"https://[a-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", value):
            raise BadValueError(
                "must look like https://helpline.example.jp, without user, query or fragment",
                "https://helpline.example.jp の形で書いてください(利用者名、? や # のあとの部分は付けません)",
            )
        if value.rstrip("/").endswith("/voice"):
            raise BadValueError(
                "must be the webhook's address without /voice", "Webhook のアドレスから /voice を除いて書いてください"
            )
        return value.rstrip("/")

    @field_validator("auth_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"\S+", value.get_secret_value()):
            raise BadValueError("must be the token itself, without blanks", "トークンだけを、空白なしで書いてください")
        return value

    @field_validator("own_number")
    @classmethod
    def _dialable(cls, value: str) -> str:
        return e164(value) if value else ""

    @field_validator("office_phone")
    @classmethod
    def _answered_by_people(cls, value: str) -> str:
        return _office_number(value) if value else ""

    @field_validator("office_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        return office_hours.normal(value) if value else ""

    @property
    def local(self) -> bool:
        """Tell local mode: no Twilio account, reachable from this machine only."""
        return self.auth_token is None

    def completed(self) -> Settings:
        """Make the data folder and fill in what follows from other settings: tokens, store, address in local mode."""
        data = self.data.resolve()
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FindingsError([_no_folder(data, error)]) from error
        update: dict[str, Any] = {"data": data, "root": self.root.resolve()}
        update["test_secret"] = self.test_secret or SecretStr(kept_token(data / "test-token"))
        update["store"] = self.store or SecretStr(f"sqlite:///{data / 'store.db'}")
        if self.local:
            update["auth_token"] = None
            update["public_url"] = f"http://127.0.0.1:{self.port}"
        return self.model_copy(update=update)

    @property
    def store_url(self) -> str:
        """Give the address of the record store, which may hold a password."""
        return self.store.get_secret_value() if self.store else ""

    @property
    def shown_numbers(self) -> frozenset[str]:
        """Give the numbers that a transfer may show as caller ID, beside the one that was called."""
        return frozenset({self.own_number} - {""})

    @property
    def caller_keys(self) -> tuple[str, ...]:
        """Give the keys of the caller hashes, the current one first; none where they are kept in the data folder."""
        return tuple(self.caller_secrets.get_secret_value().split()) if self.caller_secrets else ()

    @property
    def console_key(self) -> str:
        """Give the key that signs the cookies of /console; a random one is kept in the data folder."""
        return self.console_secret.get_secret_value() if self.console_secret else kept_token(self.data / CONSOLE_KEY)

    @property
    def metrics_token(self) -> str:
        """Give the token that opens `/metrics`; empty without one."""
        return self.metrics_secret.get_secret_value() if self.metrics_secret else ""

    @property
    def test_token(self) -> str:
        """Give the token that simulated calls are signed with."""
        return self.test_secret.get_secret_value() if self.test_secret else ""

    @property
    def accepted_test_token(self) -> str:
        """Give the token that opens the door to simulated calls; empty where they are refused."""
        return self.test_token if self.test_calls == "accept" else ""

    def signing_token(self) -> str:
        """Give the token that real calls are signed with: Twilio's, or in local mode a kept random one."""
        return self.auth_token.get_secret_value() if self.auth_token else kept_token(self.data / LOCAL_TOKEN)


def variables() -> dict[str, str]:
    """Map each environment variable to its field."""
    return {_extra(field)["variable"]: field for field in Settings.model_fields}


def describe(language: str = "en") -> list[tuple[str, str, str]]:
    """List variable, default as text and help, for the table of docs/operating.md and the command line."""
    rows = []
    for name, field in variables().items():
        info = Settings.model_fields[field]
        default = "" if info.default is None else str(info.default).replace(f"{ROOT}/", "").replace(str(ROOT), ".")
        rows.append((name, default, _extra(field)["ja"] if language == "ja" else str(info.description)))
    return rows


def e164(number: str) -> str:
    """Turn a Japanese number as people write it into E.164 (`+81…`); raises BadValueError if nobody could dial it."""
    try:
        parsed = phonenumbers.parse(number, "JP")
    except phonenumbers.NumberParseException as error:
        raise BadValueError(
            f"{number!r} is not a telephone number: {error}", f"「{number}」は、電話番号として読めません"
        ) from error
    if not phonenumbers.is_valid_number(parsed):
        raise BadValueError(
            f"{number!r} is not a number that can be dialled",
            f"「{number}」は、かけられる番号ではありません。けた数を確かめてください",
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _office_number(written: str) -> str:
    """Read a number to which callers may be put through; raises BadValueError."""
    number = unicodedata.normalize("NFKC", written).strip()
    short = re.sub(r"^(?:\+|0*)81|\D", "", number)
    if short in _EMERGENCY:
        raise BadValueError(
            f"{written!r} is an emergency number: callers are never put through to one",
            f"「{written}」は緊急通報の番号です。電話をつなぐ先にはできません",
        )
    found = e164(number)
    if phonenumbers.number_type(phonenumbers.parse(found)) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        raise BadValueError(
            f"{written!r} is a premium number: every transfer would cost extra",
            f"「{written}」は、情報料のかかる番号です。つなぐたびに料金がかかるので、使えません",
        )
    return found


def kept_token(path: Path) -> str:
    """Read a random token kept with mode 0600; make it on first use. Two processes that start together agree."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(16))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first: its token is the token
        finally:
            draft.unlink()
    return path.read_text().strip()


def _extra(field: str) -> dict[str, str]:
    extra = Settings.model_fields[field].json_schema_extra
    return {str(key): str(value) for key, value in extra.items()} if isinstance(extra, dict) else {}


def _halves(given: Mapping[str, str]) -> list[Finding]:
    """Find settings that go in pairs and stand alone."""
    findings = []
    for pair in (("auth_token", "public_url"), ("office_phone", "office_hours")):
        first, second = pair
        if (first in given) != (second in given):
            here, lacking = pair if first in given else pair[::-1]
            there, missing = _extra(here)["variable"], _extra(lacking)["variable"]
            findings.append(
                _finding(
                    f"{there} is set but {missing} is missing: set both, or neither",
                    f"{there} はありますが、{missing} がありません。両方設定するか、両方とも外してください",
                )
            )
    return findings


def _circle(settings: Settings) -> list[Finding]:
    """Find an office whose telephone is this service: its callers would come back to the opening."""
    if not settings.office_phone or settings.office_phone != settings.own_number:
        return []
    return [
        _finding(
            "IVR_OFFICE_PHONE is this helpline's own number, TWILIO_PHONE_NUMBER: callers would reach it again",
            "IVR_OFFICE_PHONE が、この電話案内の番号(TWILIO_PHONE_NUMBER)です。またここにつながってしまいます",
        )
    ]


def _unknown(name: str, names: Mapping[str, str]) -> Finding:
    close = difflib.get_close_matches(name, names, 1)
    hint, hint_ja = (f"; did you mean {close[0]}?", f"。{close[0]} ではありませんか") if close else ("", "")
    return _finding(f"there is no setting {name}{hint}", f"{name} という設定はありません{hint_ja}")


def _wrong(item: Any) -> Finding:  # noqa: ANN401  (pydantic's ErrorDetails)
    field = str(item["loc"][0])
    variable = _extra(field)["variable"]
    words = said(item)
    return _finding(
        f"{variable}: {words.en} ({Settings.model_fields[field].description})",
        f"{variable}: {words.ja}({_extra(field)['ja']})",
    )


def _no_folder(data: Path, error: OSError) -> Finding:
    return _finding(
        f"IVR_DATA: the folder {data} cannot be made: {error.strerror}; choose one that we may write to",
        f"IVR_DATA: 「{data}」を作れません({error.strerror})。書きこめる場所を指定してください",
    )


def _finding(text: str, text_ja: str) -> Finding:
    return Finding(_PLACE, 0, "error", text, text_ja)

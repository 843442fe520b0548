"""Every page in a real browser, whatever its language: words are Japanese, days too, axes count whole calls from 0."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from chromium import chromium
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from ivr.content import TODAY
from ivr.records.events import Event
from ivr.records.summaries import Summaries
from ivr.records.users import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from selenium import webdriver

    from ivr.records.store import Store

TOKYO = ZoneInfo("Asia/Tokyo")
BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=TOKYO)
"""A Tuesday."""
NEXT = timedelta(seconds=9)
PATIENCE = 60
PAGES = {
    "reports": "/console/reports?from=2026-11-20&to=2026-11-30",
    "compared": "/console/reports?from=2026-11-20&to=2026-11-30&compare=previous",
    "period": "/console/reports?from=2026-11-20&to=2026-11-30&compare=period&from2=2026-11-01&to2=2026-11-05",
    "wrong period": "/console/reports?from=x",
    "calls": "/console/calls?tests=1",
    "call": "/console/calls/CA0",
    "changes": "/console/audit",
    "account": "/console/account",
    "nowhere": "/console/nowhere",
}
NAMES = {
    *("IVR", "Twilio", "CSV", "SIP"),
    *("ivr", "records", "report", "format", "csv"),  # a command that the reports name
    *("flows", "counters", "yaml", "IVR_OFFICE_HOURS", "IVR_OFFICE_PHONE", "IVR_SURVEY_PERCENT", "board"),
    *("root", "hanako", "localhost"),  # people, who choose their names
    *("Enter", "Esc", "POST", "ms", "anonymous", "voice"),  # keys, and the log of requests on the telephone
}
"""Words that are names: of a product, a file, a setting, a command, somebody."""
RECORDED = {
    *("completed", "busy", "sign-in", "signed", "in", "user", "add", "closing", "hall", "failed"),
    *("menu", "answer", "transfer", "office", "farewell"),
    *("silence", "wrong", "none", "self", "reissue", "back", "person"),
}
"""Words that records keep; a page may show them, like every id, small behind what they mean."""
WORD = re.compile(r"[A-Za-z][A-Za-z_-]*")
FOREIGN_DAY = re.compile(r"(?<![\d-])\d{4}-\d\d-\d\d(?![\d-])|(?<![\d/])\d{1,2}/\d{1,2}/\d{4}")
TEXTS = "return [...document.querySelectorAll('input, textarea')].map((field) => [field.type, field.value])"
DRAWN = "return [...document.querySelectorAll('img')].map((image) => image.src)"


class Page:
    """A page in a browser: what somebody sees of it, or has read aloud to them."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        """Take a driver that is there."""
        self.driver = driver

    def pictures(self) -> list[ET.Element]:
        """Read the pictures that are on the page."""
        drawn = [source for source in self.driver.execute_script(DRAWN) if source.startswith("data:image/svg+xml,")]
        return [ET.fromstring(unquote(source.partition(",")[2])) for source in drawn]  # noqa: S314  (our own)

    def texts(self) -> list[str]:
        """List everything that is shown or said: also what the browser itself puts into fields, and the pictures."""
        tree = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        said = [str(node.get(kind, {}).get("value", "")) for node in tree for kind in ("name", "description", "value")]
        drawn = [text for picture in self.pictures() for text in written(picture)]
        title = self.driver.title
        return [title, self.driver.find_element(By.TAG_NAME, "body").text, *said, *drawn]


def written(picture: ET.Element) -> list[str]:
    """List the texts of a picture."""
    return ["".join(element.itertext()).strip() for element in picture.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture
def ids(app: Flask) -> set[str]:
    """Name everything that has an id."""
    content = app.extensions["ivr"].content
    flow = content.flow
    options = {option.name for node in flow.nodes.values() for option in getattr(node, "options", {}).values()}
    edges = {edge for name in flow.nodes for edge, _ in flow.edges(name)}
    return {*flow.nodes, *options, *edges, *content.prompts.by_name, *content.facts.table, *ROLES, TODAY}


@pytest.fixture
def recorded(app: Flask, store: Store) -> Callable[[int], None]:
    """Record so many calls, one an hour from ten on a Tuesday."""

    def record(many: int) -> None:
        version = app.extensions["ivr"].content.version
        steps = [("answer", "", "answer", "opening"), ("turn", "opening", "silence", "opening")]
        steps += [("turn", "opening", "papers", "papers"), ("turn", "papers", "cost", "cost")]
        for number in range(many):
            call, at = f"CA{number}", BEGAN + timedelta(hours=number)
            turns = [
                Event(call, turn, kind, at + turn * NEXT, node, option, version, detail={"came_from": place})
                for turn, (kind, place, option, node) in enumerate(steps)
            ]
            detail = {"status": "completed", "seconds": "60"}
            store.write([*turns, Event(call, 0, "status", at + timedelta(minutes=1), detail=detail)])
        Summaries(store).count(BEGAN + timedelta(days=99), app.extensions["console"].extensions["flows"])

    return record


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the application."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    """Start browsers of a language."""
    started: list[webdriver.Chrome] = []

    def start(language: str) -> Page:
        started.append(
            chromium(
                tmp_path / f"profile{len(started)}",
                f"--lang={language}",
                prefs={"intl.accept_languages": language},
                environ={"LANGUAGE": language},  # what chromium goes by on Linux
            )
        )
        return Page(started[-1])

    yield start
    for driver in started:
        driver.quit()


def sign_in(page: Page, address: str) -> None:
    page.driver.get(f"{address}/console/sign-in")
    page.driver.find_element(By.NAME, "name").send_keys("supervisor")
    page.driver.find_element(By.NAME, "password").send_keys("correct horse battery", Keys.ENTER)
    WebDriverWait(page.driver, PATIENCE).until(lambda found: "報告" in found.title)


def foreign(page: Page, known: set[str]) -> set[str]:
    """Find what is not Japanese on a page, and is no name."""
    text = "\n".join(page.texts())
    text = re.sub(r"/voice\S*|\bCA[0-9a-f]*\b|\b[0-9a-f]{8}\b|\+\d+|https?://\S+|#\S*", " ", text)
    return {*(set(WORD.findall(text)) - known), *FOREIGN_DAY.findall(text)}


@pytest.mark.parametrize("language", ["en-US", "ja"])
@pytest.mark.parametrize("many", [0, 1, 30])
def test_every_word_is_japanese_whatever_the_language_of_the_browser(
    address: str,
    browser: Callable[[str], Page],
    recorded: Callable[[int], None],
    ids: set[str],
    language: str,
    many: int,
) -> None:
    recorded(many)
    known = {*NAMES, *RECORDED, *ids}
    page = browser(language)
    page.driver.get(f"{address}/console/sign-in")
    found = {"sign in": foreign(page, known)}
    page.driver.find_element(By.TAG_NAME, "button").click()  # with every field empty
    WebDriverWait(page.driver, PATIENCE).until(lambda driver: driver.find_elements(By.CLASS_NAME, "error"))
    found["sign in, empty"] = foreign(page, known)
    sign_in(page, address)
    for name, path in PAGES.items():
        page.driver.get(f"{address}{path}")
        found[name] = foreign(page, known)
        kinds = {kind for kind, _ in page.driver.execute_script(TEXTS)}
        assert kinds <= {"text", "password", "hidden"}, f"{name}: a browser shows its own words in others"
    page.driver.get(f"{address}/console/account")
    page.driver.find_element(By.CSS_SELECTOR, ".narrow button").click()
    WebDriverWait(page.driver, PATIENCE).until(lambda driver: driver.find_elements(By.CLASS_NAME, "error"))
    found["account, empty"] = foreign(page, known)
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("language", ["en-US", "ja"])
def test_every_word_on_the_telephone_is_japanese_too(
    address: str, browser: Callable[[str], Page], ids: set[str], language: str
) -> None:
    page = browser(language)
    driver = page.driver
    driver.get(f"{address}/phone")
    WebDriverWait(driver, PATIENCE).until(lambda found: found.find_elements(By.CSS_SELECTOR, "#flow svg"))
    driver.find_element(By.CSS_SELECTOR, ".preset[data-at='2026-11-24T18:30']").click()
    assert driver.execute_script("return document.getElementById('at').value") == "2026年11月24日(火) 18:30"
    driver.find_element(By.ID, "dial-button").click()
    WebDriverWait(driver, PATIENCE).until(lambda found: found.find_element(By.ID, "status").text == "通話中")
    driver.find_element(By.TAG_NAME, "body").send_keys("1")
    WebDriverWait(driver, PATIENCE).until(
        lambda found: (
            "1 を押した" in found.find_element(By.ID, "transcript").text and found.find_element(By.ID, "place").text
        )
    )
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    WebDriverWait(driver, PATIENCE).until(lambda found: found.find_element(By.ID, "status").text == "切りました")
    assert foreign(page, {*NAMES, *RECORDED, *ids, "at", "status"}) == set()
    assert "■ 電話が切れた(かけた人が切った)" in driver.find_element(By.ID, "transcript").text
    assert {kind for kind, _ in driver.execute_script(TEXTS)} == {"text"}


def axis(picture: ET.Element, number: str) -> list[str]:
    """List what stands at the ticks of an axis, from its beginning."""
    (found,) = (group for group in picture.iter() if group.get("id") == f"matplotlib.axis_{number}")
    ticks = [group for group in found if (group.get("id") or "").startswith(f"{'xy'[int(number) - 1]}tick_")]
    return ["".join(written(tick)) for tick in ticks]


DAYS = [f"11月{day}日" for day in range(20, 31, 2)]
HOURS = [str(hour) for hour in range(24)]


@pytest.mark.parametrize(
    ("many", "subjects", "hour", "weekday"),
    [
        (1, ["0", "1"], ["0", "1"], ["0", "1"]),
        (3, ["0", "1", "2", "3"], ["0", "1"], ["0", "1", "2", "3"]),
        (30, ["0", "10", "20", "30"], ["0", "1", "2"], ["0", "5", "10", "15", "20"]),
    ],
)
def test_axes_count_whole_calls_from_0_in_words_of_japan(
    address: str, browser: Callable[[str], Page], recorded: Callable[[int], None], many: int,
    subjects: list[str], hour: list[str], weekday: list[str],
) -> None:  # fmt: skip
    recorded(many)
    page = browser("en-US")
    sign_in(page, address)
    page.driver.get(f"{address}{PAGES['reports']}")
    drawn = page.pictures()[:4]
    assert [axis(picture, "1") for picture in drawn] == [subjects, HOURS, list("月火水木金土日"), DAYS]
    assert [axis(picture, "2") for picture in drawn[1:3]] == [hour, weekday]
    assert [text for picture in drawn for text in written(picture) if "電話" in text] == ["電話(件)"] * 4
    for picture in page.driver.find_elements(By.CSS_SELECTOR, "figure img"):
        WebDriverWait(page.driver, PATIENCE).until(lambda _, img=picture: img.get_property("complete"))
        assert int(picture.get_property("naturalWidth")) > 100


@pytest.mark.parametrize("compare", ["", "&compare=previous"])
def test_a_period_without_calls_says_so_and_has_no_pictures(
    address: str, browser: Callable[[str], Page], recorded: Callable[[int], None], compare: str
) -> None:
    recorded(2)
    page = browser("en-US")
    sign_in(page, address)
    page.driver.get(f"{address}/console/reports?from=2027-01-01&to=2027-01-31{compare}")
    main = page.driver.find_element(By.TAG_NAME, "main")
    assert main.text.count("この期間に電話はありません。") == 1
    assert "報告 2027年1月1日(金)から2027年1月31日(日)まで" in main.text
    assert page.pictures() == []
    assert [table.text for table in main.find_elements(By.TAG_NAME, "table")] == []
    # ---- with calls in the other period there is something to see
    page.driver.get(f"{address}/console/reports?from=2026-11-26&to=2026-11-27&compare=previous")
    main = page.driver.find_element(By.TAG_NAME, "main")
    assert "この期間に電話はありません。" in main.text
    assert [axis(picture, "2") for picture in page.pictures()[:3]] == [["0", "1"], ["0", "1", "2"], ["0", "1", "2"]]


def test_days_are_typed_as_japan_writes_them(
    address: str, browser: Callable[[str], Page], recorded: Callable[[int], None]
) -> None:
    recorded(2)
    page = browser("en-US")
    sign_in(page, address)
    for first, last in (("2026/11/24", "20261124"), ("２０２６年１１月２４日", "令和8年11月24日(火)")):
        for name, typed in (("from", first), ("to", last)):
            field = page.driver.find_element(By.NAME, name)
            field.clear()
            field.send_keys(typed)
        page.driver.find_element(By.CSS_SELECTOR, ".ask button").click()
        WebDriverWait(page.driver, PATIENCE).until(lambda found: "2026年11月24日(火)から" in found.title)
        values = [page.driver.find_element(By.NAME, name).get_property("value") for name in ("from", "to")]
        assert values == ["2026年11月24日(火)"] * 2
        assert "電話\n2" in page.driver.find_element(By.CLASS_NAME, "cards").text
        page.driver.get(f"{address}/console/reports")
    page.driver.find_element(By.LINK_TEXT, "先月").click()
    WebDriverWait(page.driver, PATIENCE).until(lambda found: "2026年10月1日(木)から2026年10月31日(土)" in found.title)

"""The console in a real browser: signed in by keyboard, pictures drawn, nothing refused by its own policy."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from chromium import chromium
from patience import PATIENCE
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from ivr.records.events import Event
from ivr.records.summaries import Summaries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from selenium import webdriver

    from ivr.records.store import Store

BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
MONTH = "?from=2026-11-01&to=2026-11-30&compare=previous"


@pytest.fixture
def address(app: Flask, store: Store) -> Iterator[str]:
    """Serve the application with a few calls in its store."""
    version = app.extensions["ivr"].content.version
    for number in range(20):
        call, at = f"CA{number}", BEGAN + timedelta(days=number % 5, hours=number % 7)
        store.write(
            [
                Event(call, 0, "answer", at, "opening", "answer", version),
                Event(
                    call,
                    1,
                    "turn",
                    at + timedelta(seconds=9),
                    "papers",
                    "papers",
                    version,
                    detail={"came_from": "opening"},
                ),
                Event(call, 0, "status", at + timedelta(minutes=1), detail={"status": "completed", "seconds": "60"}),
            ]
        )
    Summaries(store).count(BEGAN + timedelta(days=9), app.extensions["console"].extensions["flows"])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Start Debian's chromium with a profile of its own."""
    made = chromium(tmp_path / "profile", "--window-size=1200,1600")
    yield made
    made.quit()


def test_the_office_reads_its_report(driver: webdriver.Chrome, address: str) -> None:
    driver.get(f"{address}/console/reports{MONTH}")
    assert "サインイン" in driver.title
    name = driver.switch_to.active_element
    assert name.get_attribute("name") == "name"
    name.send_keys("supervisor", Keys.TAB, "correct horse battery", Keys.ENTER)
    WebDriverWait(driver, PATIENCE).until(lambda found: "報告" in found.title)
    assert driver.current_url.endswith(MONTH)
    pictures = driver.find_elements(By.CSS_SELECTOR, "figure img")
    assert len(pictures) == 5
    for picture in pictures:
        WebDriverWait(driver, PATIENCE).until(lambda _, img=picture: img.get_property("complete"))
        assert int(picture.get_property("naturalWidth")) > 100
        assert picture.get_attribute("alt")
    driver.find_element(By.LINK_TEXT, "通話").click()
    driver.find_elements(By.LINK_TEXT, "見る")[0].click()
    assert "持ち物は、免許証です。" in driver.find_element(By.TAG_NAME, "main").text
    assert [line for line in driver.get_log("browser") if line["level"] == "SEVERE"] == []


def test_it_fits_a_small_screen_and_paper(driver: webdriver.Chrome, address: str) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    )
    driver.get(f"{address}/console/sign-in")
    driver.find_element(By.NAME, "name").send_keys("supervisor")
    driver.find_element(By.NAME, "password").send_keys("correct horse battery", Keys.ENTER)
    WebDriverWait(driver, PATIENCE).until(lambda found: "報告" in found.title)
    for path in (
        f"/console/reports{MONTH}",
        "/console/calls",
        "/console/calls/CA1",
        "/console/audit",
        "/console/account",
    ):
        driver.get(f"{address}{path}")
        wide = driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390, path
    driver.get(f"{address}/console/reports{MONTH}")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not driver.find_element(By.TAG_NAME, "nav").is_displayed()
    assert driver.find_element(By.TAG_NAME, "figure").is_displayed()


def test_ids_stand_small_behind_titles_and_no_table_is_cut_off_on_paper(driver: webdriver.Chrome, address: str) -> None:
    driver.get(f"{address}/console/sign-in")
    driver.find_element(By.NAME, "name").send_keys("supervisor")
    driver.find_element(By.NAME, "password").send_keys("correct horse battery", Keys.ENTER)
    WebDriverWait(driver, PATIENCE).until(lambda found: "報告" in found.title)
    paper = {"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False}  # A4 between its margins
    for path, words in ((f"/console/reports{MONTH}", "持ち物は papers"), ("/console/calls", "持ち物 papers")):
        driver.get(f"{address}{path}")
        first = next(cell for cell in driver.find_elements(By.CSS_SELECTOR, "th, td") if cell.text == words)
        small = first.find_element(By.CLASS_NAME, "id")
        sizes = [float(each.value_of_css_property("font-size").removesuffix("px")) for each in (first, small)]
        assert sizes == [16, 12]
        assert first.value_of_css_property("color") != small.value_of_css_property("color")
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", paper)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        cut = "return [...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth).length"
        assert driver.execute_script(cut) == 0
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

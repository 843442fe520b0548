"""The tester's phone in a real browser: the sound plays in time, a key cuts it short, and everything can be reached."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import soundfile
import yaml
from chromium import chromium
from patience import PATIENCE, until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium import webdriver
    from selenium.webdriver.remote.webelement import WebElement

REPOSITORY = Path(__file__).resolve().parents[2]
FLAGS = ("--window-size=1280,1400", "--autoplay-policy=no-user-gesture-required")
SOUND = (
    "const s = document.getElementById('sound'); return [s.dataset.source || '', s.currentTime, s.paused, s.duration]"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the helpline itself, its prompts made with the quickest engine there is."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    ours = ("IVR_", "TWILIO_", "PORT", "WEB_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    data = tmp_path_factory.mktemp("browser") / "data"
    environ |= {"IVR_DATA": str(data), "IVR_SPEECH_ENGINE": "tone", "PORT": str(port), "WEB_CONCURRENCY": "2"}
    command = [sys.executable, "-m", "ivr.cli"]
    subprocess.run([*command, "prompts", "build"], env=environ, cwd=REPOSITORY, check=True, capture_output=True)
    server = subprocess.Popen([*command, "serve"], env=environ, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    until(lambda: _listens(port))
    yield f"http://127.0.0.1:{port}/phone"
    server.terminate()
    server.wait(PATIENCE)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


class Browser:
    """A browser at the page, with the words of a tester."""

    def __init__(self, driver: webdriver.Chrome, downloads: Path) -> None:
        """Take a driver that is at the page."""
        self.driver = driver
        self.downloads = downloads

    def one(self, selector: str) -> WebElement:
        """Find an element."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Click it."""
        self.one(selector).click()

    def types(self, keys: str) -> None:
        """Type on the keyboard, wherever the page is."""
        self.one("body").send_keys(keys)

    def until(self, what: Callable[[], object]) -> Any:  # noqa: ANN401  (whatever it gives)
        """Wait until something is so."""
        return WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _driver: what())

    def text(self, selector: str) -> str:
        """Read an element."""
        return str(self.one(selector).text)

    def sound(self) -> tuple[str, float, bool, float]:
        """Tell what plays: its address, where it is, whether it stands still, how long it is."""
        source, at, paused, length = self.driver.execute_script(SOUND)
        return str(source), float(at), bool(paused), float(length or 0)


@pytest.fixture
def browser(address: str, tmp_path: Path) -> Iterator[Browser]:
    prefs = {"download.default_directory": str(tmp_path / "downloads")}
    with chromium(tmp_path / "profile", *FLAGS, prefs=prefs) as driver:
        driver.get(address)
        yield Browser(driver, tmp_path / "downloads")
        assert driver.get_log("browser") == []


def dialled(browser: Browser, at: str = "2026-11-24T18:30") -> None:
    browser.click(f".preset[data-at='{at}']")
    browser.click("#dial-button")
    browser.until(lambda: browser.text("#status") == "通話中")


def test_sound_plays_in_time_and_a_key_cuts_it_short(browser: Browser) -> None:
    dialled(browser)
    browser.until(lambda: browser.text("#caption"))
    first, at, paused, length = browser.until(lambda: (now := browser.sound())[1] > 0.5 and now)
    assert (first.startswith("/phone/audio/"), paused, length > at) == (True, False, True)  # whichever plays by now
    assert browser.until(lambda: browser.sound()[1] > at)
    browser.click(".key[data-key='1']")
    second = browser.until(lambda: (now := browser.sound())[0] != first and now)
    assert second[0].startswith("/phone/audio/")
    browser.until(lambda: "1 を押した(カードをなくした)" in browser.text("#transcript"))
    browser.until(lambda: browser.text("#place") == "紛失・止める番号 lost")
    assert browser.one("#flow .lit").get_attribute("data-node") == "lost"
    assert "紛失・止める番号" in browser.text("#flow .lit")
    assert browser.text("#path") == "通った場所: はじめの案内 → 紛失・止める番号"
    assert browser.one("#place .id").value_of_css_property("font-size") == "12px"
    box, frame = browser.one("#flow .lit rect").rect, browser.one("#flow").rect
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"]
    browser.until(lambda: "0120-95-0178" in browser.text("#caption") + browser.text("#transcript"))
    browser.click("#hang-up")
    browser.until(lambda: browser.text("#status") == "切りました")
    assert browser.sound()[2]
    assert "途中まで" in browser.text("#transcript")


def test_keyboard_alone_is_enough(browser: Browser) -> None:
    browser.types(Keys.ENTER)
    browser.until(lambda: browser.text("#status") == "通話中")
    browser.types("2")
    browser.until(lambda: browser.text("#place") == "暗証番号 pin_which")
    browser.types("*")
    browser.until(lambda: browser.text("#place") == "はじめの案内 opening")
    browser.types("#")
    browser.until(lambda: "# を押した(もう一度)" in browser.text("#transcript"))
    browser.types(Keys.ESCAPE)
    browser.until(lambda: browser.text("#status") == "切りました")
    reached = set()
    for _ in range(60):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(browser.driver.switch_to.active_element.get_attribute("id"))
    assert {"at", "from", "dial", "dial-button", "save-yaml", "save-wav", "transcript", "flow"} <= reached


def test_requests_are_shown_with_their_twiml(browser: Browser) -> None:
    dialled(browser)
    browser.types("1")
    browser.until(lambda: len(browser.driver.find_elements(By.CSS_SELECTOR, "#requests details")) == 2)
    browser.click("#requests details:nth-of-type(2) summary")
    browser.until(lambda: "<Gather" in browser.text("#requests details[open] .twiml"))
    assert "Digits=1" in browser.text("#requests details[open]")
    browser.types(Keys.ESCAPE)


def test_call_can_be_kept_as_a_scenario_and_as_sound(browser: Browser) -> None:
    dialled(browser)
    browser.types("1")
    browser.until(lambda: browser.text("#place") == "紛失・止める番号 lost")
    browser.types(Keys.ESCAPE)
    browser.until(lambda: browser.one("#save-yaml").is_enabled())
    browser.click("#save-yaml")
    # a browser lets one click save one file
    browser.until(lambda: list(browser.downloads.glob("call-*.yaml")))
    browser.click("#save-wav")
    kept = browser.until(
        lambda: (files := sorted(browser.downloads.glob("call-*.[yw]a*"))) and len(files) == 2 and files
    )
    assert [path.name for path in kept] == ["call-2026-11-24-18-30.wav", "call-2026-11-24-18-30.yaml"]
    saved = yaml.safe_load(kept[1].read_text("utf-8"))
    assert (saved["steps"][0]["press"], saved["steps"][-1], saved["expect"]["ended"]) == ("1", "hang up", "caller")
    info = soundfile.info(io.BytesIO(kept[0].read_bytes()))
    assert info.duration > 0.1


def test_what_is_wrong_is_said_on_the_page(browser: Browser) -> None:
    browser.one("#from").clear()
    browser.one("#from").send_keys("0312345678")
    browser.click("#dial-button")
    browser.until(lambda: "+81312345678" in browser.text("#error"))
    assert browser.one("#dial-button").is_enabled()
    log = browser.driver.get_log("browser")
    assert all("400" in entry["message"] for entry in log)


@pytest.mark.parametrize("width", [360, 768])
def test_small_screens_need_no_sideways_scrolling_and_keys_are_large_enough(browser: Browser, width: int) -> None:
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    )
    browser.driver.refresh()
    browser.until(lambda: browser.driver.find_elements(By.CSS_SELECTOR, "#flow svg"))
    wide, inner = browser.driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert (wide <= inner, inner) == (True, width)
    sizes = [button.size for button in browser.driver.find_elements(By.TAG_NAME, "button")]
    assert min(min(size["width"], size["height"]) for size in sizes) >= 44


def test_screen_readers_find_names_for_everything(browser: Browser) -> None:
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {"button", "textbox", "combobox", "region", "list", "DateTime", "InputTime", "Date"}
    found = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    assert [role for role, name in found if role in named and not name] == []
    assert {("button", "コメジルシ"), ("button", "シャープ"), ("button", "電話をかける")} <= set(found)
    assert browser.one("#caption").get_attribute("aria-live") == "polite"
    assert browser.one("html").get_attribute("lang") == "ja"

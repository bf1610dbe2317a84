"""A headless Chromium, as the tests of pages drive it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-device-scale-factor=1",
)  # fmt: skip


@contextmanager
def chromium(width: int = 1100, height: int = 1400) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own. Skips where none is installed, unless BACKPROP_TUTOR_BROWSER says
    `required`."""
    browser, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if browser is None or driver is None:
        if os.environ.get("BACKPROP_TUTOR_BROWSER") == "required":
            pytest.fail("chromium and chromedriver are required here, and are not installed")
        pytest.skip("no chromium and chromedriver")
    with tempfile.TemporaryDirectory() as profile:
        options = Options()
        options.binary_location = browser
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        chrome = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield chrome
        finally:
            chrome.quit()


def requested(chrome: webdriver.Chrome) -> list[str]:
    """Every address that the page has asked for."""
    messages = (json.loads(entry["message"])["message"] for entry in chrome.get_log("performance"))
    return [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]


def opened(chrome: webdriver.Chrome, page: Path) -> None:
    """Opens a file as a new browser would; from here on the logs hold what it asked for and complained of alone."""
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    chrome.get("about:blank")
    for log in ("performance", "browser"):
        chrome.get_log(log)
    chrome.get(page.as_uri())

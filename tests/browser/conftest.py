"""Reports in a real browser: Debian's Chromium, which `.ci/run` installs, driven by Playwright.

Whatever a test does, the page must have logged no error and asked nothing of anybody.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from matrix.report.findings import Findings
from matrix.report.page.page import page
from tests.cells.conftest import (  # noqa: F401 (fixtures)
    catalogue,
    interpreters,
    memo,
    new_driver,
    newest,
    oldest,
    seed,
)
from tests.unit import wide

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Visitor(msgspec.Struct):
    """Opens pages, and hears what they log and ask for. `heard` must be empty in the end."""

    browser: Browser
    contexts: list[BrowserContext] = []
    heard: list[str] = []

    def open(
        self, address: str, *, width: int = 1400, dark: bool = False, scripts: bool = True
    ) -> Page:
        """Open a page as a person with such a window, theme and settings would."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        self.contexts.append(context)
        opened = context.new_page()
        opened.on("console", lambda message: self.heard.append(message.text))
        opened.on("pageerror", lambda error: self.heard.append(str(error)))
        allowed = address.partition("#")[0]
        opened.on("request", lambda request: self.ask(request, allowed))
        opened.goto(address)
        return opened

    def ask(self, request: Request, allowed: str) -> None:
        """Note a request for anything but the page itself and what it holds."""
        if request.url.partition("#")[0] != allowed and not request.url.startswith("data:"):
            self.heard.append(f"asked for {request.url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a browser; without one the tests fail in CI, and say elsewhere why they do not run."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        says = f"no browser on PATH ({', '.join(NAMES)}): `apt-get install chromium`"
        if os.environ.get("CI") == "true":
            pytest.fail(says)
        pytest.skip(says)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Return somebody who opens pages; in the end nothing must have been heard of them."""
    made = Visitor(browser)
    yield made
    for context in made.contexts:
        context.close()
    assert made.heard == []


def written(folder: Path, found: Findings, changed: tuple[str, ...] | None = None) -> str:
    """Write a page and return its address."""
    path = folder / "index.html"
    found = msgspec.structs.replace(found, changed=changed)
    path.write_text(page(found, "exec", {}), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="session")
def every() -> Findings:
    """Return the findings of all 149 cells with all probes, which do what is claimed."""
    return wide.findings(wide.all_cells())


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, every: Findings) -> str:
    """Return the address of the page of all 149 cells."""
    return written(tmp_path_factory.mktemp("whole"), every)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, memo: Path, oldest: str, newest: str) -> str:  # noqa: F811 (fixtures)
    """Return the address of the page that the driver wrote of probes run in real cells."""
    driver = new_driver(tmp_path_factory.mktemp("real") / "state", memo)
    probes = ("--probe", "*/literal_seed_*", "--probe", "cache/self_lazy")
    ended = driver.run(oldest, newest, *probes)
    assert ended.status == 0, ended.said
    return (driver.state / "report" / "index.html").as_uri()

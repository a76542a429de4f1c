"""The lessons in the real JupyterLab, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import PATIENCE_S

from course.copies import make_my
from course.place import Place

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TOKEN = "tests"
THEMES = ("JupyterLab Light", "JupyterLab Dark")
QUIET = [  # no network beyond this machine, and no sandbox, which root cannot have
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
TRACKER = "lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
CURRENT = "window.jupyterapp.shell.currentWidget"
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells
    .filter(cell => cell.cell_type === "code")
    .map(cell => ({count: cell.execution_count, outputs: cell.outputs}))"""
PICTURES = "img[src^='data:image/svg+xml']"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt install chromium")


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a learner's fresh copies in JupyterLab, and return its address."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(NOTEBOOKS, root / "notebooks", ignore=shutil.ignore_patterns("source"))
    make_my(Place(root))
    # All cells are drawn, so that all pictures can be looked at.
    settings = root / "config" / TRACKER
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = root / "log"
    with log.open("w") as file:
        options = ["--no-browser", "--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, "--LabApp.expose_app_in_browser=True"],
            cwd=root,
            env=os.environ | {"JUPYTER_CONFIG_DIR": str(root / "config")},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", server, log)
        yield f"http://127.0.0.1:{port}/lab?token={TOKEN}"
    finally:
        server.terminate()
        server.wait(20)
    assert "IPKernelApp] WARNING" not in log.read_text()  # a learner would read it, and worry


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Start the browser, once for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: object, jupyterlab: str) -> Iterator[object]:
    """Open JupyterLab, in a window as wide as a small laptop's."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(jupyterlab)
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
    page.evaluate("() => window.jupyterapp.restored.then(() => null)")  # until then it opens its launcher on top
    yield page
    page.close()


RAISE = f"""async words => {{
    const {{commands}} = window.jupyterapp;
    await commands.execute('notebook:insert-cell-below');
    {CURRENT}.content.activeCell.model.sharedModel.setSource(`raise ValueError("${{words}}")`);
    await commands.execute('notebook:run-cell');
}}"""
LESSONS = [path.stem for path in Place(NOTEBOOKS.parent).learners() if path.stem[0].isdigit()]


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_runs_to_its_end_in_jupyterlab(page: object, lesson: str) -> None:
    page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', {path}) }", f"my/{lesson}.ipynb")
    page.wait_for_function(
        f"name => {CURRENT}?.context?.path === name && {CURRENT}.content.model.cells.length > 5",
        arg=f"my/{lesson}.ipynb",
    )
    shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    shown.locator(".jp-MarkdownOutput h1").wait_for()
    before = page.evaluate(OUTPUTS)
    assert not any(cell["outputs"] for cell in before), "an answer is there before anything ran"
    assert shown.locator(".jp-OutputArea-output").count() == 0

    page.wait_for_function(f"() => {CURRENT}.sessionContext.session?.kernel?.status === 'idle'")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(f"() => ({OUTPUTS})().every(cell => cell.count)", polling=500)  # it is long in outputs
    for box in shown.locator(".widget-interact").all():
        choose_the_last(box)
    errors = [
        output for cell in page.evaluate(OUTPUTS) for output in cell["outputs"] if output["output_type"] == "error"
    ]
    assert errors == []
    cut = "all => all.filter(line => line.scrollWidth > line.clientWidth).map(line => line.textContent)"
    assert shown.locator(".jp-CodeCell .cm-scroller").evaluate_all(cut) == [], "code is cut at the right edge"
    lines = shown.locator(".jp-RenderedText:not([data-mime-type$=stderr]) pre").evaluate_all(
        "all => all.map(pre => getComputedStyle(pre).whiteSpace)"
    )
    assert lines
    assert set(lines) == {"pre"}, "tcpdump's lines break inside words"
    if lesson == LESSONS[0]:
        page.evaluate(RAISE, "a word " * 60)
        error = shown.locator(".jp-RenderedText[data-mime-type$=stderr] pre")
        error.wait_for()
        assert error.evaluate_all(cut) == [], "an error's sentence is cut at the right edge"
    assert shown.locator(PICTURES).count() > 0
    for theme in THEMES:
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
        for picture in shown.locator(PICTURES).all():
            assert picture.get_attribute("alt")
            picture.scroll_into_view_if_needed()
            assert shows_something(picture.screenshot()), f"a picture is empty in {theme}"
        for plot in shown.locator("img.plot").all():
            assert is_dark(plot.screenshot()) == ("Dark" in theme), f"a plot has the other paper in {theme}"
    page.evaluate(f"async () => {{ const open = {CURRENT}; await open.sessionContext.shutdown(); open.dispose() }}")


def choose_the_last(box: object) -> None:
    """Choose the last value in each list of an ipywidgets `interactive`: each time other figures stand below."""
    from playwright.sync_api import expect

    figures = box.locator(".jp-OutputArea-output")
    for choices in box.locator("select").all():
        before = figures.inner_text()
        choices.select_option(index=choices.locator("option").count() - 1)
        expect(figures).not_to_have_text(before, timeout=PATIENCE_S * 1000)


def is_dark(png: bytes) -> bool:
    """Say whether a screenshot's corner, which is paper, is dark."""
    import io

    from PIL import Image

    return Image.open(io.BytesIO(png)).convert("L").getpixel((1, 1)) < 128


def shows_something(png: bytes) -> bool:
    """Say whether a screenshot holds dark and light, as ink on paper does."""
    import io

    from PIL import Image

    low, high = Image.open(io.BytesIO(png)).convert("L").getextrema()
    return high - low > 100

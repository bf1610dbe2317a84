"""The page in a real browser: stepped through by keyboard, its numbers held to the engine's, no error, no request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.variants import variant
from backprop_tutor.drawing.solution import complete_picture
from backprop_tutor.engine.formatting import shown
from backprop_tutor.show.drawings import drawable
from tests.cli.running import tutor
from tests.drawing.browser import chromium, opened, requested


@pytest.fixture(scope="module")
def chrome() -> Iterator[webdriver.Chrome]:
    """One browser for every page: each is opened anew in it, and remembers nothing."""
    with chromium() as browser:
        yield browser


def made(tmp_path: Path, *arguments: str) -> Path:
    page = tmp_path / "page.html"
    ran = tutor(*arguments, "-o", str(page))
    assert (ran.status, ran.err) == (0, f"Wrote {page}.\n")
    return page


def visible_labels(chrome, kind: str) -> dict[str, str]:  # type: ignore[no-untyped-def]
    script = f"""return [...document.querySelectorAll('svg [data-{kind}]')]
      .filter(e => getComputedStyle(e).visibility === 'visible').map(e => [e.dataset.{kind}, e.textContent])"""
    return dict(chrome.execute_script(script))


def press(chrome, key: str) -> None:  # type: ignore[no-untyped-def]
    ActionChains(chrome).send_keys(key).perform()


@pytest.mark.parametrize("exercise", ["relu", "forks", "sigmoid"])
def test_the_page_is_stepped_through_with_the_keyboard_alone(
    chrome: webdriver.Chrome, tmp_path: Path, exercise: str
) -> None:
    solution = variant(find(exercise), None).solution
    graph, steps = solution.graph, drawable(variant(find(exercise), None), complete_picture(solution)).steps
    opened(chrome, made(tmp_path, "draw", exercise))
    assert set(visible_labels(chrome, "value")) == set(graph.input_names)
    assert visible_labels(chrome, "gradient") == {}
    for number, step in enumerate(steps, 1):
        press(chrome, Keys.ARROW_RIGHT)
        assert chrome.find_element(By.ID, "count").text == f"{number} of {len(steps)}"
        lit = chrome.execute_script(
            "return [...document.querySelectorAll('.gate.lit')].map(e => e.parentElement.dataset.gate)"
        )
        assert lit == [step.gate]
        said = chrome.find_element(By.ID, "said").text
        assert all(line in said for line in step.lines)
        assert step.pattern in said
        assert chrome.find_element(By.CSS_SELECTOR, "tr[aria-current]").get_attribute("id") == f"step-{number}"
    assert visible_labels(chrome, "value") == {name: shown(solution.value(name)) for name in graph.names}
    for name, text in visible_labels(chrome, "gradient").items():
        branch = graph.branch_named.get(name)
        assert text == shown(solution.flow(branch).downstream if branch else solution.gradient(name))
    assert len(visible_labels(chrome, "gradient")) == len(graph.names)
    press(chrome, Keys.ARROW_LEFT)
    assert chrome.find_element(By.ID, "count").text == f"{len(steps) - 1} of {len(steps)}"
    press(chrome, Keys.HOME)
    assert visible_labels(chrome, "gradient") == {}
    press(chrome, Keys.END)
    assert chrome.find_element(By.ID, "count").text == f"{len(steps)} of {len(steps)}"
    assert chrome.get_log("browser") == []
    assert all(url.startswith(("file:", "data:")) for url in requested(chrome))


def test_buttons_and_slider_step_too(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    opened(chrome, made(tmp_path, "explain", "relu"))
    for id_, expected in (
        ("next", "1 of 10"),
        ("next", "2 of 10"),
        ("back", "1 of 10"),
        ("last", "10 of 10"),
        ("first", "0 of 10"),
    ):
        chrome.find_element(By.ID, id_).click()
        assert chrome.find_element(By.ID, "count").text == expected
    chrome.execute_script(
        "const s = document.getElementById('slider'); s.value = 4; s.dispatchEvent(new Event('input'))"
    )
    assert chrome.find_element(By.ID, "count").text == "4 of 10"


def test_in_a_small_window_the_circuit_is_legible_and_moves_to_the_gate_that_is_worked_on(
    chrome: webdriver.Chrome, tmp_path: Path
) -> None:
    size = chrome.get_window_size()
    chrome.set_window_size(400, 760)
    try:
        opened(chrome, made(tmp_path, "draw", "xor"))
        found = chrome.execute_script("""
          const figure = document.querySelector("figure"), slider = document.getElementById("slider"), found = [];
          for (slider.value = 1; ; slider.value = Number(slider.value) + 1) {
            slider.dispatchEvent(new Event("input"));
            const [gate, frame] = [document.querySelector(".gate.lit"), figure].map((e) => e.getBoundingClientRect());
            found.push([gate.left - frame.left, frame.right - gate.right, gate.height]);
            if (slider.value === slider.max) return found;
          }""")
    finally:
        chrome.set_window_size(size["width"], size["height"])
    assert len(found) == 36
    assert all(left >= 0 and right >= 0 and height > 15 for left, right, height in found), found


def test_the_table_says_every_step_in_the_same_order(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    forks = variant(find("forks"), None)
    steps = drawable(forks, complete_picture(forks.solution)).steps
    opened(chrome, made(tmp_path, "draw", "forks"))
    rows = [row.text for row in chrome.find_elements(By.CSS_SELECTOR, "tbody tr")]
    assert len(rows) == len(steps)
    for row, step in zip(rows, steps, strict=True):
        assert all(line in row for line in (step.title, *step.lines))


def test_what_an_author_writes_is_text_and_nothing_else(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    source = tmp_path / "mine.yaml"
    hostile = "<script>document.title='owned'</script>{{steps}}</style><img src=x onerror=alert(1)>"
    source.write_text(f'title: "{hostile}"\nstatement: "{hostile}"\ngraph: f = x*2\ninputs: {{x: 3}}\nloss: "<b>"\n')
    ran = tutor("draw", str(source), "-o", str(tmp_path / "page.html"))
    if ran.status:  # a loss must be a name
        source.write_text(source.read_text().replace('loss: "<b>"\n', ""))
    opened(chrome, made(tmp_path, "draw", str(source)))
    assert chrome.find_element(By.TAG_NAME, "h1").text == hostile
    assert chrome.find_element(By.CSS_SELECTOR, "header p").text == hostile
    assert chrome.find_elements(By.TAG_NAME, "img") == []
    assert chrome.title == hostile
    assert chrome.get_log("browser") == []


def test_a_handout_that_asks_for_everything_has_nothing_to_step_through(
    chrome: webdriver.Chrome, tmp_path: Path
) -> None:
    opened(chrome, made(tmp_path, "draw", "relu", "--blank"))
    for which in ("#controls", "#said", "table"):
        assert not chrome.find_element(By.CSS_SELECTOR, which).is_displayed()
    assert chrome.get_log("browser") == []


def test_it_prints_the_whole_circuit_and_table(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    opened(chrome, made(tmp_path, "draw", "relu"))
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert len(visible_labels(chrome, "gradient")) == 10
    assert not chrome.find_element(By.ID, "controls").is_displayed()

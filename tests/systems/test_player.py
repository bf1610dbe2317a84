"""QTI 2.1, converted to QTI 3 and answered in a browser: right, rounded, wrong and known wrong answers."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.publishing.banks import TARGETS
from backprop_tutor.publishing.banks.bank import Item, bank_of
from backprop_tutor.publishing.copies import copies_of
from backprop_tutor.publishing.gaps import plain, shares
from tests.drawing.browser import chromium, opened
from tests.full import times
from tests.systems.readers import need, reader

PLAYER = Path(__file__).parents[2] / "build/systems/node_modules/@citolab/qti-components/cdn/index.global.js"
ANSWER = """
const [xml, answers, done] = arguments;
const container = document.querySelector('item-container');
container.itemXML = xml;
const play = () => {
  const item = (container.shadowRoot || container).querySelector('qti-assessment-item');
  const gaps = item && [...item.querySelectorAll('qti-text-entry-interaction')];
  const inputs = gaps && gaps.map(one => one.shadowRoot?.querySelector('input'));
  if (!inputs || inputs.length === 0 || !inputs.every(Boolean)) return setTimeout(play, 20);
  done(answers.map(typed => {
    item.resetResponses();
    inputs.forEach((input, place) => {
      input.value = typed[place];
      for (const event of ['input', 'change', 'keyup']) input.dispatchEvent(new Event(event, {bubbles: true}));
    });
    item.processResponse();
    const value = name => item.getOutcome(name)?.value ?? null;
    const told = inputs.map((_, place) => value(`FEEDBACK${place + 1}`));
    return [Number(value('SCORE')), told.map(id => {
      const one = id && item.querySelector(`qti-modal-feedback[identifier="${id}"]`);
      return one ? one.textContent.trim() : '';
    })];
  }));
};
play();
"""


def rounds(item: Item) -> list[list[tuple[str, float, str]]]:
    """What is typed into each gap, round by round, with its score and reply: the exact number, every rounding that is
    accepted, the ends of the tolerance, every known wrong number, and an unknown number."""
    by_gap = []
    for gap, points in zip(item.gaps, shares(item.gaps), strict=True):
        ends = [(plain(bound), points, "") for bound in (gap.right[0].least, gap.right[0].most)]
        right = [(plain(one.number), points, "") for one in gap.right]
        wrong = [(plain(one.number), 0.0, f"{gap.symbol}: {one.said}") for one in gap.wrong]
        # Each once: the player ignores a value that is already there, and no student types one.
        by_gap.append(list(dict.fromkeys([*right, *ends, *wrong, ("123456.5", 0.0, "")])))
    most = max(map(len, by_gap))
    return [[gap[place % len(gap)] for gap in by_gap] for place in range(most)]


def test_every_answer_gets_its_points_and_its_reply(tmp_path: Path) -> None:
    reader("qti", "qti_convert.cli")
    need("player", "@citolab/qti-components (npm)", PLAYER.is_file())
    names = ("relu", "conv-1d", "xor", "batch-norm", "attention")[: times(2, 5)]
    banks = [bank_of(copies_of(find(name), range(1, times(2, 11)))) for name in names]
    (tmp_path / "bank.zip").write_bytes(TARGETS["qti"].write(banks))
    convert = [
        sys.executable,
        "-m",
        "qti_convert.cli",
        "upgrade",
        "-q",
        str(tmp_path / "bank.zip"),
        str(tmp_path / "3.zip"),
    ]
    subprocess.run(convert, check=True)
    page = tmp_path / "player.html"
    script = f'<script src="{PLAYER.as_uri()}"></script>'
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{script}<qti-item><item-container></item-container></qti-item>"
    )
    answered = 0
    with zipfile.ZipFile(tmp_path / "3.zip") as archive, chromium() as chrome:
        chrome.set_script_timeout(60)
        for item in (item for bank in banks for item in bank.items):
            opened(chrome, page)
            xml, typed = archive.read(f"items/{item.copy.key}.xml").decode(), rounds(item)
            texts = [[text for text, _, _ in one] for one in typed]
            found = chrome.execute_async_script(ANSWER, xml, texts)
            for one, (score, told) in zip(typed, found, strict=True):
                assert score == pytest.approx(sum(points for _, points, _ in one), abs=1e-6), json.dumps(one)
                assert told == [reply for _, _, reply in one]
            answered += len(typed)
    assert answered > 10 * len(names)

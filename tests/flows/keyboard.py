"""A candidate who uses the keyboard alone, and knows what to answer."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from playwright.sync_api import Locator, Page, expect

from exam_engine.core.database import Database
from exam_engine.sittings.records import CandidatePaper

LETTERS: Final = "abcdefgh"
MOST_STOPS: Final = 80

Item = Mapping[str, Any]


def read_items(database: Database, paper: int) -> dict[str, Item]:
    """The items of a candidate's paper with their keys, by slot, in the candidate's order."""
    with database.read() as session:
        drawn = session.get_one(CandidatePaper, paper)
        items = orjson.loads(drawn.form.marking)["items"]
        return {slot["slot"]: items[slot["item"]] for slot in drawn.order["slots"]}


def right_response(item: Item) -> Any:
    """What the key says, as the player would save it."""
    match item["type"]:
        case "numeric":
            return str(item["key"]["accepted"][0]["value"])
        case "short_text":
            return next(one["text"] for one in item["key"]["accepted"] if one.get("match", "exact") == "exact")
        case "cloze":
            return {name: right_response(gap) for name, gap in item["gaps"].items()}
        case "multiple_choice":
            return [option["id"] for option in item["options"] if option["id"] in item["key"]]
        case _:
            return item["key"]


class Keyboard:
    """Keys pressed on one page; `within` is the part of the page that is answered."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go_to(self, target: Locator) -> None:
        """Tab forward until `target` has the focus: it must be reachable."""
        expect(target).to_be_visible()
        for _ in range(MOST_STOPS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")

    def push(self, target: Locator) -> None:
        """Reach a button and press it."""
        self.go_to(target)
        self.press("Enter")

    def answer(self, item: Item, response: Any, part: Locator) -> None:
        """Give `response` to the item that is shown in `part`."""
        ways: dict[str, Callable[[Any, Locator], None]] = {
            "single_choice": self._choose,
            "true_false": self._choose,
            "multiple_choice": self._choose_several,
            "matching": self._match,
            "categorising": self._match,
            "matrix": self._fill_matrix,
            "ordering": self._order,
            "numeric": self._type,
            "short_text": self._type,
            "written": self._type,
            "cloze": self._fill_gaps,
        }
        ways[item["type"]](response, part)

    def _choose(self, response: Any, part: Locator) -> None:
        value = str(response).lower() if isinstance(response, bool) else str(response)
        place = self._place(part, value)
        if self._has_letters(part):
            self.press(LETTERS[place])
        else:
            self.go_to(part.locator("choice-item input").first)
            self.press("Space", *["ArrowDown"] * place)
        expect(part.locator(f'input[value="{value}"]')).to_be_checked()

    def _choose_several(self, response: Any, part: Locator) -> None:
        for value in response:
            box = part.locator(f'input[value="{value}"]')
            if self._has_letters(part):
                self.press(LETTERS[self._place(part, value)])
            else:
                self.go_to(box)
                self.press("Space")
            expect(box).to_be_checked()

    def _has_letters(self, part: Locator) -> bool:
        """Letters choose where one question is shown, and not among the parts of a case."""
        return part.locator(".option-key").count() > 0 and self.page.locator(".case-foot").count() == 0

    def _place(self, part: Locator, value: str) -> int:
        return int(
            part.locator("choice-item input").evaluate_all("(all, value) => all.findIndex(one => one.value === value)", value)
        )

    def _match(self, response: Any, part: Locator) -> None:
        for left, right in response.items():
            self._pick(part.locator(f'select[id$="{left}"]'), right)

    def _pick(self, select: Locator, value: str) -> None:
        """In a drop-down the arrows change the choice."""
        self.go_to(select)
        place = int(select.evaluate("(one, value) => [...one.options].findIndex(option => option.value === value)", value))
        self.press("Home", *["ArrowDown"] * place)
        expect(select).to_have_value(value)

    def _fill_matrix(self, response: Any, part: Locator) -> None:
        rows = part.locator("tbody tr")
        for number in range(rows.count()):
            radios = rows.nth(number).locator("input")
            row = (rows.nth(number).locator("th").get_attribute("id") or "").rsplit("-", 1)[-1]
            wanted = next(right for left, right in response.items() if row.endswith(left))
            self.go_to(radios.first)
            self.press("Space")
            values = radios.evaluate_all("all => all.map(one => one.value)")
            self.press(*["ArrowRight"] * values.index(wanted))
            expect(rows.nth(number).locator(f'input[value="{wanted}"]')).to_be_checked()

    def _order(self, response: Any, part: Locator) -> None:
        entries = part.locator(".order-entry")
        for place, wanted in enumerate(response):
            moved = part.locator(f'.order-entry[data-id="{wanted}"]')
            while (at := self._order_of(entries).index(wanted)) > place:
                self._shift_focus_before(moved)
                self.push(moved.locator('[data-step="-1"]'))
                expect(entries.nth(at - 1)).to_have_attribute("data-id", wanted)
        keep = part.locator(".order-keep")
        if keep.count():
            self.push(keep)
        assert self._order_of(entries) == list(response)

    @staticmethod
    def _order_of(entries: Locator) -> list[str]:
        found: list[str] = entries.evaluate_all("all => all.map(one => one.dataset.id)")
        return found

    def _shift_focus_before(self, target: Locator) -> None:
        """Tab backwards while the focus stands behind `target`."""
        behind = "element => !!(element.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)"
        while target.evaluate(behind):
            self.press("Shift+Tab")

    def _type(self, response: Any, part: Locator) -> None:
        field = part.locator("input.input, textarea")
        self.go_to(field)
        self.page.keyboard.type(str(response))
        expect(field).to_have_value(str(response))

    def _fill_gaps(self, response: Any, part: Locator) -> None:
        for name, value in response.items():
            gap = part.locator(f'[data-gap="{name}"]')
            if gap.locator("select").count():
                self._pick(gap.locator("select"), value)
            else:
                self.go_to(gap.locator("input"))
                self.page.keyboard.type(str(value))

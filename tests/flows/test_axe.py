"""axe finds nothing on any page, narrow and wide, light and dark, in both languages."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.look import PLACES, Place, Visitor, full_site, show

pytestmark = pytest.mark.browser

# Both themes meet both widths and both languages; all eight would take twice as long and find the same.
SHOWN = {"zh-CN": ((390, "light"), (1280, "dark")), "en": ((390, "dark"), (1280, "light"))}


@pytest.fixture(scope="module")
def visitor(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with full_site(tmp_path_factory.mktemp("sample"), browser) as (site, facts):
        yield Visitor(site, facts)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_axe_finds_nothing(visitor: Visitor, place: Place) -> None:
    found = []
    for language, shown in SHOWN.items():
        page = visitor.visit(place, language)
        for width, theme in shown:
            show(page, width, theme)
            result = Axe().run(page)
            if result.violations_count:
                found.append(f"{language} {width} {theme}\n{result.generate_report()}")
    assert not found, "\n".join(found)

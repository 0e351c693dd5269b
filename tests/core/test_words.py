"""Every English sentence of the pages has its Chinese, says the same values, and no word list holds what nobody says."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from exam_engine.core import words
from exam_engine.core.errors import CODES
from exam_engine.web import NAVIGATION

PACKAGE = words.PACKAGE
SENTENCE = re.compile(r"""(?<!\w)_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
VALUE = re.compile(r"%\((\w+)\)s")
STAGES = sorted(path.name for path in PACKAGE.iterdir() if (path / "templates").is_dir())


def read_list(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def lists() -> dict[str, dict[str, str]]:
    return {path.parent.name: read_list(path) for path in sorted(PACKAGE.glob("*/zh_CN.po"))}


def sentences_of_templates(stage: str) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (PACKAGE / stage / "templates").iterdir()]
    return {double or single for text in texts for double, single in SENTENCE.findall(text)}


def constants_of_code() -> Iterator[str]:
    """Every string of the code: sentences that a page is given by a view or an action stand there."""
    for path in PACKAGE.rglob("*.py"):
        if "node_modules" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@pytest.mark.parametrize("stage", STAGES)
def test_every_sentence_of_a_template_has_its_chinese(stage: str) -> None:
    assert sorted(sentences_of_templates(stage) - set(words.read_catalogue())) == []


def test_every_refusal_and_every_navigation_label_has_its_chinese() -> None:
    said = {kind.sentence for kind in CODES.values()} | {label for _, label, _ in NAVIGATION}
    assert sorted(said - set(words.read_catalogue())) == []


@pytest.mark.parametrize("stage", sorted(lists()))
def test_no_word_list_holds_a_sentence_that_nobody_says(stage: str) -> None:
    said = set(constants_of_code()).union(*(sentences_of_templates(name) for name in STAGES))
    assert sorted(set(lists()[stage]) - said) == []


def test_both_languages_name_the_same_values() -> None:
    wrong = {
        english: chinese
        for sentences in lists().values()
        for english, chinese in sentences.items()
        if not chinese or set(VALUE.findall(english)) != set(VALUE.findall(chinese))
    }
    assert wrong == {}


def test_the_same_sentence_has_the_same_chinese_on_every_page() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for sentences in lists().values():
        for english, chinese in sentences.items():
            found[english].add(chinese)
    assert {english: chinese for english, chinese in found.items() if len(chinese) > 1} == {}


def test_chinese_sentences_use_full_width_punctuation() -> None:
    halves = re.compile(r"[\u4e00-\u9fff][,;:!?]")
    assert [chinese for chinese in words.read_catalogue().values() if halves.search(chinese)] == []


@pytest.mark.parametrize(
    ("language", "pattern", "said"),
    [
        ("en", "moment", "Sat 21 November 2026, 10:00"),
        ("zh-CN", "moment", "2026年11月21日（周六）10:00"),
        ("en", "short_moment", "Sat 21 Nov, 10:00"),
        ("zh-CN", "short_day", "11月21日"),
        ("en", "clock", "10:00:00"),
    ],
)
def test_instants_are_said_in_the_time_zone_of_the_site(language: str, pattern: str, said: str) -> None:
    instant = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    assert words.say_when(instant, pattern, language, ZoneInfo("Asia/Shanghai")) == said


@pytest.mark.parametrize(
    ("duration", "english", "chinese"),
    [
        (timedelta(minutes=4, seconds=20), "4 min 20 s", "4 分 20 秒"),
        (timedelta(hours=1), "1 h", "1 小时"),
        (timedelta(), "0 s", "0 秒"),
        (timedelta(seconds=-5), "0 s", "0 秒"),
    ],
)
def test_durations_are_said_in_two_units_at_most(duration: timedelta, english: str, chinese: str) -> None:
    assert words.say_duration(duration, "en") == english
    assert words.say_duration(duration, "zh-CN") == chinese

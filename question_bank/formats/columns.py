"""The columns of a table of items: their names, and the other names people give them."""

import re
import unicodedata
from typing import Final, NamedTuple


class Column(NamedTuple):
    """What a column holds: a field, the part of it (an option's id), and the language."""

    field: str
    part: str = ""
    language: str = ""


TEXTS: Final = ("context", "stem", "text", "rationale", "unit")
"""Fields written in languages."""

GROUPS: Final = {"option": "options", "left": "left", "right": "right", "row": "rows", "column": "columns", "entry": "entries"}
"""Columns such as `option_a_en`, and the list of the item they belong to."""

PLAIN: Final = (
    "id", "version", "type", "level", "syllabus", "cognitive", "difficulty", "time_s", "marks", "shuffle", "order", "fixed",
    "key", "tolerance", "rule", "choose", "decimals", "locale", "max_length", "words", "accept", "max_files", "max_bytes",
    "param_a", "param_b", "param_c", "references", "enemies", "tags", "notes", "extra",
)  # fmt: skip

_KEY, _REFERENCES = PLAIN.index("key"), PLAIN.index("references")
ORDER: Final = (
    *PLAIN[:_KEY], "context", "stem", "text", *GROUPS, "unit", *PLAIN[_KEY:_REFERENCES], "rationale", *PLAIN[_REFERENCES:],
)  # fmt: skip

_NAMES: Final = {
    "id": "编号 题号 题目编号 item_id item",
    "version": "版本",
    "type": "题型 类型 item_type",
    "level": "级别 等级",
    "syllabus": "知识点 考纲 大纲 考点 topic",
    "cognitive": "认知层次",
    "difficulty": "难度",
    "time_s": "用时 时间 time",
    "marks": "分值 分数 points score mark",
    "context": "背景 情景 情境",
    "stem": "题干 题目 试题 question question_text",
    "text": "正文",
    "key": "答案 正确答案 answer correct correct_answer",
    "tolerance": "误差",
    "unit": "单位",
    "rule": "计分规则 评分规则 marking",
    "rationale": "解析 答案解析 explanation",
    "words": "字数",
    "shuffle": "打乱",
    "order": "顺序",
    "fixed": "固定",
    "references": "参考 参考资料 reference",
    "enemies": "互斥 互斥题",
    "tags": "标签",
    "notes": "备注 note",
    "extra": "其他",
    "option": "选项 choice",
    "left": "左",
    "right": "右",
    "row": "行",
    "column": "列",
    "entry": "步骤 step",
}
_ALIASES: Final = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}

_CHINESE: Final = "zh-CN"
_LANGUAGES: Final = {
    **dict.fromkeys(("zh", "cn", "zh-cn", "zh-hans", "中文", "中", "chinese"), _CHINESE),
    **dict.fromkeys(("英文", "英", "english"), "en"),
}
_BRACKETED: Final = re.compile(r"(?P<base>.+?)[ _]*(?:\[(?P<a>[^\[\]]+)\]|\((?P<b>[^()]+)\)|:(?P<c>[^:]+))\Z")
_UNDERLINED: Final = re.compile(r"(?P<base>.+?)[ _](?P<a>[A-Za-z]{2}|[Zz][Hh][-_][Cc][Nn]|english|chinese)\Z")
_CHINESE_END: Final = re.compile(r"(?P<base>.+?)[ _]?(?P<a>中文|英文)\Z")
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_GROUP_WORDS: Final = "option|choice|left|right|row|column|entry|step|rationale|extra|选项|解析|左|右|行|列|步骤"
_PART: Final = re.compile(rf"(?P<group>{_GROUP_WORDS})[ _]?(?P<part>.+)\Z")


def read_header(header: str) -> Column | None:
    """Tell what a column holds by its name; None when the name says nothing.

    Accepts `stem_en`, `stem:en`, `stem[en]`, `Stem (EN)`, `题干`, `选项A`, `option_a_zh`, and a capital letter as an option.
    """
    name = unicodedata.normalize("NFKC", header).strip()
    base, language = (name, "") if _is_field(_field(name)) else _split_language(name)
    field = _field(base)
    if _is_field(field):
        return Column(field, "", language or _own_language(base, field))
    if re.fullmatch(r"[A-Z]", base):
        return Column("option", base, language)
    match = _PART.match(base) or _PART.match(base.lower())
    if match is None:
        return None
    group, part = _field(match["group"]), match["part"]
    return Column(group, part.upper() if len(part) == 1 else part, language or _own_language(base, group))


def write_header(column: Column) -> str:
    """Name a column so that `read_header` gives it back."""
    part = column.part.lower() if len(column.part) == 1 else column.part
    name = f"{column.field}_{part}" if part else column.field
    if column.language == _CHINESE:
        return f"{name}_zh"
    if re.fullmatch(r"[a-z]{2}", column.language):
        return f"{name}_{column.language}"
    return f"{name}[{column.language}]" if column.language else name


def rank(column: Column) -> tuple[object, ...]:
    """Where a column stands: Chinese before other languages, options as people count, an option's rationale behind it."""
    field = "option" if column.field == "rationale" and column.part else column.field
    return ORDER.index(field), natural(column.part), column.field != field, column.language != _CHINESE, column.language


def natural(name: str) -> list[tuple[str, int]]:
    """Order of ids as people count: e2 before e10."""
    return [(word, int(digits or 0)) for word, digits in re.findall(r"(\D*)([0-9]*)", name)]


def _split_language(name: str) -> tuple[str, str]:
    for form in (_BRACKETED, _UNDERLINED, _CHINESE_END):
        match = form.match(name)
        if match is None:
            continue
        tag = next(found for found in match.groups()[1:] if found).strip()
        known = _LANGUAGES.get(tag.lower().replace("_", "-"))
        if known or _TAG.match(tag):
            return match["base"].strip(), known or _usual(tag)
    return name, ""


def _usual(tag: str) -> str:
    """A tag in its usual letters: `EN` is en, `pt-br` is pt-BR."""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(step.upper() if len(step) == 2 else step for step in rest)])


def _field(base: str) -> str:
    word = re.sub(r"[ -]+", "_", base.strip().lower())
    return _ALIASES.get(word, word)


def _is_field(word: str) -> bool:
    return word in PLAIN or word in TEXTS


def _own_language(base: str, field: str) -> str:
    """A Chinese column name without a language holds Chinese."""
    texts = field in TEXTS or field in GROUPS
    return _CHINESE if texts and field != "unit" and re.search(r"[\u4e00-\u9fff]", base) else ""

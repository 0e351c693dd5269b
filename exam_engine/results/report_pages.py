"""The report on a sitting written out: the same body stands in the officers' page and in a file of its own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from math import floor, log10
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from exam_engine.core import words
from exam_engine.core.page import PLAYER
from exam_engine.results.form_figures import FormFigures, ItemRow, PaperFigures
from exam_engine.results.marker_figures import ItemAgreement, MarkerSeverity
from exam_engine.results.similar_figures import SimilarAnswers
from exam_engine.results.sitting_report import SittingReport, TotalFigures
from grading.psychometrics import charts
from grading.psychometrics.estimates import Estimate

STYLES: Final = ("tokens.css", "report.css", "report-file.css")

LIGHT_ON_PAPER: Final = ("@media (prefers-color-scheme: dark)", "@media screen and (prefers-color-scheme: dark)")
"""Paper is white, whatever the screen is."""

LEAST, LEAST_SHOWN = 1e-300, 0.001
RAISED: Final = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")

REASONS: Final = {
    "too_few_candidates": "too few candidates",
    "too_many_candidates": "too many candidates; exam-engine stats similarity compares them",
    "too_few_items": "too few items",
    "too_few_raters": "only one marker",
    "no_variance": "all scores are the same",
    "negative_reliability": "the reliability is not above 0",
    "no_error": "no error is left",
    "no_cut": "no cut by itself",
    "no_results": "no results are proposed yet",
    "not_right_wrong": "not all items are right or wrong",
    "outside_scale": "the cut lies outside the scores",
    "effective_length_too_short": "too short a paper",
    "no_true_scores": "no true scores fit",
    "one_form": "only one form",
    "one_category": "everybody has the same level",
    "no_estimate": "no estimate",
    "not_converged": "the model did not settle",
}

FLAGS: Final = {
    "negative_discrimination": "stronger candidates get it wrong",
    "better_distractor": "a distractor does better than the key",
    "upper_group_differs": "the best chose another option",
    "too_hard": "very hard",
    "too_easy": "very easy",
    "low_discrimination": "hardly separates",
    "often_omitted": "often left empty",
}


class Words:
    """What the templates say and how, in one language."""

    def __init__(self, language: str, timezone: ZoneInfo) -> None:
        self.language, self.timezone = language, timezone

    def say(self, sentence: str, **values: Any) -> str:
        """A sentence in this language."""
        return words.translate(sentence, self.language, **values)

    def text(self, document: Any) -> str:
        """The part of a Text in this language."""
        return words.pick(document, self.language)

    def when(self, instant: datetime, pattern: str = "moment") -> str:
        """A moment in the time zone of the site."""
        return words.say_when(instant, pattern, self.language, self.timezone)

    def figure(self, one: Estimate, digits: int = 2) -> Markup:
        """A figure, or a word about why there is none."""
        if one.value is None:
            return self.missing(one.reason or "")
        return Markup.escape(fixed(one.value, digits))

    def missing(self, reason: str) -> Markup:
        """What stands in the place of a figure that cannot be had."""
        return Markup('<span class="rep-why">{}</span>').format(self.why(reason))

    def share(self, one: Estimate, digits: int = 1) -> Markup:
        """A share in percent, or a word about why there is none."""
        if one.value is None:
            return self.figure(one)
        return Markup.escape(self.say("%(percent)s %%", percent=fixed(100 * one.value, digits)))

    def chance(self, p: float) -> str:
        """A probability: with three decimals, or the power of ten that it is below."""
        if p >= LEAST_SHOWN:
            return fixed(p, 3)
        return "< 10" + str(floor(log10(max(p, LEAST))) + 1).translate(RAISED)

    def why(self, reason: str) -> str:
        """Why a figure is missing."""
        return self.say(REASONS.get(reason, reason))

    def flag(self, code: str) -> str:
        """Why an item should be looked at."""
        return self.say(FLAGS.get(code, code))


class Pictures:
    """The pictures of a report, drawn when a template asks for them."""

    def __init__(self, said: Words) -> None:
        self._say, self._words, self._text = said.say, charts.LANGUAGES[said.language], said.text

    def totals(self, totals: TotalFigures) -> Markup:
        """The distribution of totals with the cut and its error."""
        cut = None if totals.cut is None else float(totals.cut)
        return _ready(
            charts.score_distribution(totals.scores, (0, 100), cut=cut, error=totals.sem_at_cut.value, words=self._words)
        )

    def forms(self, paper: PaperFigures) -> Markup:
        """Means of the forms of a paper with their intervals."""
        names = [self._say("Form %(number)s", number=one.number) for one in paper.forms]
        means, errors = (_values(one.mean for one in paper.forms), _values(one.mean_error for one in paper.forms))
        title = self._say("%(paper)s: means of the forms", paper=self._text(paper.title))
        return _ready(charts.forms_compared(names, means, errors, words=self._words, title=title))

    def options(self, item: ItemRow) -> Markup:
        """Who chose what on one item."""
        if item.curves is None:
            return Markup()
        title = self._say("Options of %(item)s", item=item.code)
        one = item.curves
        return _ready(charts.distractor_curves(item.code, one.means, one.shares, one.key, words=self._words, title=title))

    def map(self, form: FormFigures) -> Markup:
        """Candidates and items of a form on one scale."""
        if isinstance(form.map, str):
            return Markup()
        return _ready(charts.item_person_map(form.map.abilities, form.map.difficulties, form.map.codes, words=self._words))

    def marks(self, item: ItemAgreement) -> Markup:
        """First against second marks of one item."""
        title = self._say("First and second marks, %(item)s", item=item.item)
        return _ready(charts.paired_marks(item.first, item.second, most=item.most, words=self._words, title=title))

    def similar(self, found: SimilarAnswers) -> Markup:
        """The network of flagged pairs."""
        pairs = [(one.one, one.two) for one in found.flagged]
        strengths = [-log10(max(one.p, LEAST)) for one in found.flagged]
        return _ready(charts.similarity_network(pairs, strengths, found.candidates, words=self._words))

    def severity(self, markers: Sequence[MarkerSeverity], names: Mapping[int, Any]) -> Markup:
        """Severity of the markers."""
        named = [self._text(names[one.marker]) for one in markers]
        values, errors = (_values(one.severity for one in markers), _values(one.error for one in markers))
        return _ready(charts.rater_severity(named, values, errors, words=self._words))


def _values(estimates: Iterable[Estimate]) -> list[float]:
    """Figures for a picture, which leaves out what is NaN."""
    return [float("nan") if one.value is None else one.value for one in estimates]


def _ready(markup: str) -> Markup:
    """Markup that is escaped already: pictures, rendered templates, our own style sheets."""
    return Markup(markup)  # noqa: S704


def fixed(value: float, digits: int = 2) -> str:
    """A figure with as many decimals as its neighbours; a minus as long as a plus."""
    written = f"{value:.{digits}f}"
    return written.replace("-", "\u2212") if float(written) else written.lstrip("-")


@cache
def _templates() -> Environment:
    """Templates of the report alone: they are rendered without a request, too."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    found.globals["fixed"] = fixed
    return found


def render_body(report: SittingReport, language: str, timezone: ZoneInfo, *, heading: int = 2) -> Markup:
    """The sections of the report in one language; `heading` is the level of their headings."""
    said = Words(language, timezone)
    body = _templates().get_template("report_body.html")
    return _ready(body.render(report=report, words=said, _=said.say, draw=Pictures(said), level=heading, language=language))


def render_file(report: SittingReport, languages: Sequence[str], timezone: ZoneInfo) -> str:
    """The report as one HTML file that needs nothing else; several languages stand one after the other."""
    parts = [{"language": one, "words": Words(one, timezone), "body": render_body(report, one, timezone)} for one in languages]
    style = "\n".join((PLAYER / "styles" / name).read_text(encoding="utf-8") for name in STYLES).replace(*LIGHT_ON_PAPER)
    file = _templates().get_template("report_file.html")
    return file.render(report=report, parts=parts, languages=words.LANGUAGES, style=_ready(style))

"""Pictures of the statistics as SVG text: no library, no script, colours of the page that holds them.

Every function takes arrays and `words` (`ENGLISH`, `CHINESE`, or one's own) and returns one `<svg>` element to stand in a page;
`as_file` makes a file of it.
"""

from grading.psychometrics.charts.curves import (
    characteristic_curves,
    distractor_curves,
    error_curve,
    information_curve,
    option_shares,
    total_curve,
)
from grading.psychometrics.charts.drawing import as_file, page_rules
from grading.psychometrics.charts.intervals import Row, dif_plot, forms_compared, interval_plot, rater_severity
from grading.psychometrics.charts.network import similarity_network
from grading.psychometrics.charts.scores import item_person_map, paired_marks, score_distribution
from grading.psychometrics.charts.words import CHINESE, ENGLISH, LANGUAGES, Words

__all__ = [
    "CHINESE", "ENGLISH", "LANGUAGES", "Row", "Words", "as_file", "characteristic_curves", "dif_plot", "distractor_curves",
    "error_curve", "forms_compared", "information_curve", "interval_plot", "item_person_map", "option_shares", "page_rules",
    "paired_marks", "rater_severity", "score_distribution", "similarity_network", "total_curve",
]  # fmt: skip

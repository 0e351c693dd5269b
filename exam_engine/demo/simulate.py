"""A cohort of simulated candidates on the whole way: papers, saves, marking, release, makeup, certificates, level by level.

Everything goes through the doors that people use: the writer of the hot path, the marking actions, two officers' release, the
outbox. Only the clock is moved by hand and the browser is left out.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import orjson
from numpy.random import Generator
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from exam_engine.certificates.outbox import drain_outbox
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.demo.answers import level_reached
from exam_engine.demo.browser import Browser
from exam_engine.demo.site import LEVELS, Staff, add_candidate, add_content, add_staff, hold_sitting, train
from exam_engine.delivery.writer import Writer
from exam_engine.enrolment.actions import accept_enrolment
from exam_engine.enrolment.records import Enrolment
from exam_engine.marking import actions as marking
from exam_engine.marking.records import Script, ScriptState
from exam_engine.marking.scoring import score_attempts
from exam_engine.results.actions import propose_results, release_results
from exam_engine.results.records import Outcome, Result
from exam_engine.sittings.records import Booking, CandidatePaper, Sitting, SittingKind

THREADS: Final = 8
GROWTH_LOGIT: Final = {"junior": 0.0, "intermediate": 0.35, "senior": 0.7}
"""What people have learned by the time they try a level."""

Progress = Callable[[Iterable[Any], str, int], Iterator[Any]]

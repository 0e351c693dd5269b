"""Every table of the site, gathered so that migrations and tests see them all."""

from exam_engine.authoring import records as authoring
from exam_engine.certificates import records as certificates
from exam_engine.core import records as core
from exam_engine.core.database import Base
from exam_engine.delivery import records as delivery
from exam_engine.enrolment import records as enrolment
from exam_engine.marking import records as marking
from exam_engine.results import records as results
from exam_engine.sittings import records as sittings
from exam_engine.training import records as training

__all__ = ["Base", "authoring", "certificates", "core", "delivery", "enrolment", "marking", "results", "sittings", "training"]

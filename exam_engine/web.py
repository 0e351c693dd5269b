"""The app factory: everything but the player's API is Flask."""

from importlib import import_module
from typing import Any, Final

from flask import Flask

from exam_engine.bodies import LARGEST_BODY
from exam_engine.core.clock import Clock, system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.page import Site, current_user, prepare_app
from exam_engine.core.records import Role, User

STAGES: Final = ("core", "authoring", "enrolment", "training", "sittings", "delivery", "marking", "results", "certificates")

NAVIGATION: Final = (
    ("/way", "My way", (Role.CANDIDATE,)),
    ("/results", "Results", (Role.CANDIDATE,)),
    ("/certificates", "Certificates", (Role.CANDIDATE,)),
    ("/marking", "Marking", (Role.MARKER, Role.SENIOR_MARKER)),
    ("/sittings", "Sittings", (Role.OFFICER,)),
    ("/rooms", "Rooms", (Role.INVIGILATOR,)),
    ("/candidates", "Candidates", (Role.OFFICER,)),
    ("/scheme", "Scheme", (Role.OFFICER,)),
    ("/release", "Release", (Role.OFFICER,)),
    ("/calibrations", "Calibration", (Role.OFFICER,)),
    ("/training", "Training", (Role.OFFICER, Role.TRAINER)),
    ("/bank", "Questions", (Role.AUTHOR, Role.REVIEWER)),
    ("/people", "People", (Role.ADMINISTRATOR,)),
    ("/help", "Help", (Role.CANDIDATE,)),
)


def navigation_of(user: User | None) -> list[tuple[str, str]]:
    """The pages of a person's roles, as (address, English label)."""
    return [(place, label) for place, label, roles in NAVIGATION if user and user.has_role(*roles)]


def create_app(settings: Settings, database: Database | None = None, clock: Clock = system_clock) -> Flask:
    """The site as a WSGI application; `database` and `clock` are given by tests."""
    app = Flask("exam_engine", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    prepare_app(app, Site(settings, database or Database(settings.database_url, settings.secret), clock))

    @app.context_processor
    def navigation() -> dict[str, Any]:
        return {"navigation": navigation_of(current_user())}

    for name in STAGES:
        app.register_blueprint(getattr(import_module(f"exam_engine.{name}.views"), name))
    return app

"""What is measured: the player's API as it is served, and beside it an endpoint that does nothing."""

from typing import Any

from exam_engine.core.clock import system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.delivery.api import make_api
from exam_engine.delivery.http import App
from exam_engine.delivery.writer import Writer
from exam_engine.marking.scoring import score_attempts


def make_player_api() -> App:
    """The player's API alone, from the settings of the environment."""
    settings = Settings.load()
    database = Database(settings.database_url, settings.secret)
    api = make_api(database, settings, system_clock, Writer(database, settings, system_clock, scorer=score_attempts))
    return _without_lifespan(api)


def make_bare() -> App:
    """An endpoint that reads its body and answers."""

    async def bare(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    return _without_lifespan(bare)


def _without_lifespan(app: App) -> App:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)

    return answer

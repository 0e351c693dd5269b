"""Flask's test client for the pages of results, certificates and training, signed in as anybody of a small site."""

import re
from datetime import datetime
from pathlib import Path

from flask.testing import FlaskClient

from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import COOKIE, csrf_token, open_session
from exam_engine.web import create_app
from tests.conftest import SECRET


class Site:
    """The pages of one database at one time, seen by anyone."""

    def __init__(self, database: Database, folder: Path, now: datetime) -> None:
        self.database, self.now, self.cookies = database, now, {}
        self.settings = Settings(data_dir=folder, database_url=database.url, secret=SECRET, site_url="https://cert.example.org")
        self.app = create_app(self.settings, database, lambda: self.now)

    def sign_in(self, login: str) -> str:
        """The session cookie of a person."""
        if login not in self.cookies:
            with self.database.write() as session:
                user = session.query(User).filter_by(login=login).one()
                self.cookies[login] = open_session(session, user, self.now, hours=24 * 365)
        return self.cookies[login]

    def client(self, login: str | None = None, language: str = "en") -> FlaskClient:
        """A browser; signed in, when a login is given."""
        client = self.app.test_client()
        client.set_cookie("language", language)
        if login:
            client.set_cookie(COOKIE, self.sign_in(login))
        return client

    def get(self, address: str, login: str | None = None, language: str = "en"):
        """A page."""
        return self.client(login, language).get(address)

    def post(self, address: str, login: str, **form):
        """A form sent with the token of its session."""
        return self.client(login).post(address, data={"csrf": csrf_token(self.sign_in(login), SECRET), **form})


def words(response) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<(svg|head|script).*?</\1>", " ", response.get_data(as_text=True), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))

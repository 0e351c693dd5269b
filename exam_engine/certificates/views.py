"""Pages of certificates: the holder's own, and the public check of a code."""

from collections.abc import Callable
from typing import cast

from flask import Flask, Response, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response as BaseResponse

from exam_engine.certificates import cards
from exam_engine.certificates.actions import find_certificate, get_own_certificate
from exam_engine.certificates.pdf import Printed, draw_certificate
from exam_engine.core import facts
from exam_engine.core.page import get_site, require, signed_in, stage
from exam_engine.core.records import Role

certificates = stage("certificates", __name__)

CHECKS = "30 per minute"
"""How many codes one address may check: plenty for people, too few to find codes of twelve signs by trying.

Each process counts for itself, in memory.
"""

limiter = Limiter(get_remote_address, storage_uri="memory://")


@certificates.record_once
def _count_checks(state: BlueprintSetupState) -> None:
    limiter.init_app(cast("Flask", state.app))


facts.provide("candidate.certificates", lambda session, candidate: cards.list_valid(session, candidate, get_site().clock()))


@certificates.app_context_processor
def _card_of_results() -> dict[str, Callable[[int], cards.Card | None]]:
    """The page of a result shows the certificate that was issued for it."""

    def certificate_card(result_id: int) -> cards.Card | None:
        site = get_site()
        with site.database.read() as session:
            return cards.find_card(session, result_id, site.settings.site_url, site.clock())

    return {"certificate_card": certificate_card}


@certificates.get("/certificates")
@require(Role.CANDIDATE)
def own() -> str:
    """The holder's certificates."""
    site = get_site()
    with site.database.read() as session:
        found = [cards.card_of(one, site.settings.site_url, site.clock()) for one in cards.list_own(session, signed_in())]
    return render_template("certificates_list.html", cards=found)


@certificates.get("/certificates/<number>.pdf")
@require(Role.CANDIDATE)
def pdf(number: str) -> Response:
    """The certificate on paper, for its holder."""
    site = get_site()
    with site.database.read() as session:
        found = get_own_certificate(session, number, signed_in().id)
        printed = Printed(
            number=found.number,
            address=cards.verification_address(site.settings.site_url, found),
            document=found.document,
            issued_at=found.issued_at,
            last_day=cards.last_day_of(found),
            timezone=site.settings.timezone,
        )
    response = Response(draw_certificate(printed), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    return response


@certificates.get("/verify")
def verify_form() -> str | BaseResponse:
    """Where anyone types a code or number."""
    code = request.args.get("code", "").strip()
    if code:
        return redirect(url_for("certificates.verify", code=code))
    return render_template("verify.html", card=None, code="")


@certificates.get("/verify/<code>")
@limiter.limit(CHECKS)
def verify(code: str) -> tuple[str, int]:
    """What anyone may know of a certificate: name, level, number, dates, and whether it is valid."""
    site = get_site()
    with site.database.read() as session:
        found = find_certificate(session, code)
        card = cards.card_of(found, site.settings.site_url, site.clock()) if found else None
    return render_template("verify.html", card=card, code=code), 200 if card else 404

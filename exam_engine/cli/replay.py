"""`exam-engine replay`: a sealed bundle, computed again on this machine."""

from pathlib import Path
from typing import Any

import click
import orjson

import schemas
from exam_engine.cli.terminal import fail
from exam_engine.results.replay import replay as replay_bundle


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def replay(bundle: Path, *, as_json: bool) -> None:
    """Compute chain, score and decision of a sealed BUNDLE again and say what differs."""
    document = _read(bundle)
    findings = replay_bundle(document)
    if as_json:
        found = [{"place": finding.place, "what": finding.what} for finding in findings]
        answer = {"bundle": str(bundle), "replays": not findings, "findings": found}
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    for finding in [] if as_json else findings:
        click.echo(f"{finding.place}: {finding.what}")
    if findings:
        fail(f"{bundle}: does not replay, {len(findings)} difference(s).")
    if not as_json:
        click.echo(f"{_sum_up(document)} Chain, score and decision are the same, byte for byte.")


def _read(path: Path) -> dict[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        fail(f"{path}: is no JSON: {error}")
    problems = schemas.check("sealed-bundle", document, str(path))
    if problems:
        fail("\n".join(map(str, problems)))
    found: dict[str, Any] = document
    return found


def _sum_up(bundle: dict[str, Any]) -> str:
    score, decision = bundle["score"], bundle.get("decision")
    outcome = f", {decision['outcome']}" if decision else ""
    return f"Attempt {bundle['attempt']}: {score['marks']} of {score['max']} marks{outcome}."

"""`paper assemble`: forms from a pool and a blueprint, or the rules that exclude each other."""

import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from exam_engine.cli.terminal import BAD_CONTENT, fail
from question_bank.assembly import Assembly, InfeasibleError, Request, UndecidedError, assemble
from question_bank.assembly.papers import assembly_document, read_earlier_use, write_assembly
from question_bank.blueprint import BlueprintError, read_blueprint
from question_bank.pool import PoolError, read_pool
from schemas import Problem

EXISTING = click.Path(exists=True, path_type=Path)
SCALE = click.FloatRange(0, min_open=True)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def paper() -> None:
    """Papers from a pool and a blueprint."""


@paper.command("assemble")
@click.option("--pool", "pool_path", type=EXISTING, required=True, help="A bank, or a CSV with id, attributes and a, b, c.")
@click.option("--blueprint", "blueprint_path", type=EXISTING, required=True, help="The rules of a form (JSON).")
@click.option("--forms", type=click.IntRange(1, 100), default=1, show_default=True, help="How many forms.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed draws the same forms.")
@click.option("--d", type=SCALE, default=1.0, show_default=True, help="Scaling of the logistic metric, such as 1.7.")
@click.option("--forbid", type=EXISTING, help="A text file of item ids that no form may hold, one a line.")
@click.option("--earlier", type=EXISTING, multiple=True, help="An assembly.json whose forms count towards the exposure.")
@click.option("--out", type=FOLDER, help="Write form-1.json … and assembly.json into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def assemble_command(  # noqa: PLR0913  one parameter an option
    *,
    pool_path: Path,
    blueprint_path: Path,
    forms: int,
    seed: int,
    d: float,
    forbid: Path | None,
    earlier: Sequence[Path],
    out: Path | None,
    as_json: bool,
) -> None:
    """Assemble forms by a blueprint.

    Ends with 1 when the files are not right or no forms fit; then it names a smallest set of rules that exclude each other.
    """
    try:
        blueprint, pool = read_blueprint(blueprint_path), read_pool(pool_path, d)
        forbidden = forbid.read_text(encoding="utf-8").split() if forbid else ()
        request = Request(pool, blueprint, forms, seed, forbidden, read_earlier_use(earlier))
        assembly = _assemble(request, as_json=as_json)
        if out is not None:
            write_assembly(request, assembly, out)
    except (PoolError, BlueprintError) as error:
        _refuse(error.problems, as_json=as_json)
    except (OSError, ValueError) as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps(assembly_document(assembly), ensure_ascii=False))
    else:
        _show(assembly, out)


def _assemble(request: Request, *, as_json: bool) -> Assembly:
    try:
        with _solver_kept_quiet(), _progress(request.forms) as done:
            return assemble(request, done)
    except InfeasibleError as error:
        _explain(error, as_json=as_json)
    except UndecidedError as error:
        _answer({"status": "undecided", "detail": str(error)}, str(error), as_json=as_json)


def _refuse(problems: Sequence[Problem], *, as_json: bool) -> NoReturn:
    document = {"status": "refused", "problems": [problem.to_dict() for problem in problems]}
    _answer(document, "\n".join(map(str, problems)), as_json=as_json)


def _explain(error: InfeasibleError, *, as_json: bool) -> NoReturn:
    rules = [{"rule": rule.rule, "detail": rule.detail} for rule in error.conflict]
    document = {"status": "infeasible", "minimal": error.minimal, "conflict": rules}
    proof = "without any one of them forms exist" if error.minimal else "the search for fewer rules reached its limit"
    heading = f"No forms fit. These rules exclude each other; {proof}:"
    lines = [f"  {rule.rule}: {rule.detail}" for rule in error.conflict]
    _answer(document, "\n".join([heading, *lines]), as_json=as_json)


def _answer(document: object, text: str, *, as_json: bool) -> NoReturn:
    if not as_json:
        fail(text)
    click.echo(json.dumps(document, ensure_ascii=False))
    sys.exit(BAD_CONTENT)


def _show(assembly: Assembly, out: Path | None) -> None:
    console = Console()
    table = Table("", *[f"form {number}" for number in range(1, len(assembly.forms) + 1)])
    for row in _rows(assembly):
        # Text, because the name of a rule may look like markup.
        table.add_row(*map(Text, row))
    console.print(table)
    for number, form in enumerate(assembly.forms, start=1):
        console.print(f"Form {number}: {' '.join(form.items)}", soft_wrap=True, markup=False, highlight=False)
    quality = f"{assembly.status}, at most {assembly.gap:.2%} below the best possible, seed {assembly.seed}"
    console.print(quality, highlight=False)
    if out is not None:
        console.print(f"Written to {out}", markup=False, highlight=False)


def _rows(assembly: Assembly) -> Iterator[tuple[str, ...]]:
    """Give what each form holds, a rule a row."""
    first = assembly.forms[0]
    yield ("items", *[str(len(form.items)) for form in assembly.forms])
    for name in first.counts:
        yield (name, *[str(form.counts[name]) for form in assembly.forms])
    for place, (theta, _) in enumerate(first.information):
        yield (f"information at {theta:g}", *[f"{form.information[place][1]:.3f}" for form in assembly.forms])
    if first.mean_b_logit is not None:
        yield ("mean difficulty b", *[f"{form.mean_b_logit:.2f}" for form in assembly.forms])


@contextmanager
def _progress(forms: int) -> Iterator[Callable[[int], None]]:
    """Give a function that takes the number of forms done and moves a bar, on a terminal only."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Assembling forms", total=forms)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def _solver_kept_quiet() -> Iterator[None]:
    """Send what the solver prints past Python to standard error, so that the answer is the only thing on standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)

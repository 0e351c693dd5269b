"""What every command shares: how a refusal is said, and when a progress bar is shown."""

import sys
from collections.abc import Iterable, Iterator
from typing import NoReturn, TypeVar

import click
from rich.console import Console
from rich.progress import track

T = TypeVar("T")

BAD_CONTENT = 1
BAD_USAGE = 2


def fail(message: str, *, code: int = BAD_CONTENT) -> NoReturn:
    """Say what is wrong on standard error and end with `code` (1 bad content, 2 bad usage)."""
    click.echo(message, err=True)
    sys.exit(code)


def with_progress(things: Iterable[T], title: str, total: int | None = None) -> Iterator[T]:
    """Yield `things` behind a progress bar on a terminal; without one when the output is a file."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from things
        return
    yield from track(things, description=title, total=total, console=console, transient=True)

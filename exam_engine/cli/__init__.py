"""The command line: one module a command, imported only when it is called."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click

COMMANDS: Final = {
    "demo": "exam_engine.cli.demo:demo",
    "init": "exam_engine.cli.site:init",
    "upgrade": "exam_engine.cli.site:upgrade",
    "serve": "exam_engine.cli.site:serve",
    "worker": "exam_engine.cli.site:worker",
    "doctor": "exam_engine.cli.site:doctor",
    "audit": "exam_engine.cli.audit:audit",
    "replay": "exam_engine.cli.replay:replay",
    "report": "exam_engine.cli.report:report",
    "bank": "exam_engine.cli.bank:bank",
    "calibrate": "exam_engine.cli.calibrate:calibrate",
    "paper": "exam_engine.cli.paper:paper",
    "mark": "exam_engine.cli.mark:mark",
    "stats": "exam_engine.cli.stats:stats",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, so that `mark` never waits for Flask."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        """Names in the order they were given."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  likewise
        """Import the module that holds `cmd_name`, or None when there is no such command."""
        if cmd_name not in self.modules:
            return None
        module, _, name = self.modules[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup, modules=COMMANDS)
@click.version_option(package_name="exam-engine")
def main() -> None:
    """Exams from an item file to an issued certificate."""

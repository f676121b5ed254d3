"""What holds for the package as a whole: it starts light, and its wheel carries everything it needs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from sizewise import __version__

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "rich", "click", "psutil", "csv", "urllib.request")


def output(*command: str | Path) -> str:
    return subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = output(sys.executable, "-c", "import sys, sizewise; print(*sys.modules)").split()
    assert set(loaded).isdisjoint(HEAVY)


@pytest.mark.slow
def test_the_wheel_holds_the_facts_and_runs_in_a_clean_environment(tmp_path: Path) -> None:
    """Dependencies are lent by path, so that the test needs no network."""
    output(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("sizewise-*.whl")
    assert wheel.stat().st_size < 20e6
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    output(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    packages = Path(output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    where = output(python, "-c", "import sizewise; print(sizewise.__file__)")
    assert Path(where).is_relative_to(packages)
    assert __version__ in output(environment / "bin" / "sizewise", "--version")
    shipped = {path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*") if path.is_file()}
    missing = {path for path in shipped if "__pycache__" not in path.parts and not (packages / path).exists()}
    assert missing == set()

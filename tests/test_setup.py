"""pyproject.toml, constraints.txt, environment.yml, the Makefile and the workflows say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NEEDED = [Requirement(line) for line in (*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra))
          if not line.startswith(PROJECT["name"])]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
CONDA_NAMES = {"pytorch-cpu": "torch"}


def conda_requirements():
    return [Requirement(line) for line in CONDA if isinstance(line, str) and line != "pip"]


@pytest.mark.parametrize("requirement", NEEDED, ids=lambda r: r.name)
def test_every_dependency_is_pinned_inside_its_range(requirement):
    assert requirement.specifier.contains(PINS[requirement.name]), f"{requirement} against {PINS[requirement.name]}"


def test_no_dependency_is_listed_twice():
    names = [r.name for r in NEEDED]
    assert len(names) == len(set(names))


def test_pins_carry_no_build_of_one_platform():
    assert not [name for name, version in PINS.items() if "+" in version or name.startswith(("nvidia", "triton"))]


def test_the_missions_packages_are_dependencies():
    needed = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert {"jupyterlab", "numpy", "torch", "matplotlib", "nbval"} <= needed


def test_conda_and_pip_agree_on_python_and_torch():
    ranges = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in conda_requirements()}
    torch = next(r.specifier for r in NEEDED if r.name == "torch")
    assert ranges == {"python": SpecifierSet(PROJECT["requires-python"]), "torch": torch}


def test_conda_leaves_everything_else_to_pyproject():
    assert [entry for entry in CONDA if isinstance(entry, dict)] == [{"pip": ["-e .[dev]"]}]


def test_set_up_uses_the_constraints_and_the_same_extras_everywhere():
    makefile = (ROOT / "Makefile").read_text()
    assert '-c constraints.txt -e ".[dev]"' in makefile
    assert '-c constraints.txt -e ".[dev]"' in (ROOT / "README.md").read_text(encoding="utf-8")


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split()
    assert set(phony) == set(re.findall(r"^([a-z-]+):.*?## ", makefile, re.M))


def test_the_workflow_calls_make_test_on_three_systems():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    job = next(iter(workflow["jobs"].values()))
    assert {system.split("-")[0] for system in job["strategy"]["matrix"]["os"]} == {"ubuntu", "macos", "windows"}
    assert any(step.get("run", "").strip() == "make test" for step in job["steps"])


def test_the_readmes_commands_are_targets():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    used = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert used and used <= targets


def test_nothing_large_is_in_the_tree():
    skip = {".git", ".venv", ".venv-new", "work", "__pycache__", ".hypothesis", ".pytest_cache", ".ruff_cache"}
    files = [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.relative_to(ROOT).parts)]
    assert sum(p.stat().st_size for p in files) < 15e6


def test_the_readme_has_no_gap_left_to_fill():
    text = re.sub(r"`[^`]*`|[A-Z]+_[A-Z]+", "", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert not re.findall(r"\b[A-Z]{6,}\b", text)

"""Imports point one way, and what is light stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "course_lib"
NUMPY = {"arrays", "functional", "stack", "rnn", "gru", "lstm", "optim", "gradients", "network", "threads"}
DATA = {"tasks", "minimal_pairs", "datasets", "text", "characters", "baselines", "plotting"}
TORCH = {"models", "training", "checkpoints", "distributed", "generation", "inside", "pretrained", "units"}
TOP = {"checks", "widgets", "__main__", "doctor", "maintenance", "workspace"}
# What each part of the package may import from the others, at the head of a module or inside a function.
MAY_IMPORT = (
    {part: NUMPY for part in NUMPY}
    | {part: DATA | {"progress", "arrays"} for part in DATA}
    | {part: TORCH | DATA - {"plotting"} | {"progress"} for part in TORCH}
    | {"progress": set(), "__init__": set(), "widgets": {"plotting", "inside", "generation"} | NUMPY}
    | {"checks": NUMPY | DATA | TORCH | {"checks", "workspace"}}
    | {"workspace": set(), "doctor": {"datasets"}, "maintenance": {"workspace", "plotting"}}
    | {"__main__": {"workspace", "datasets", "doctor", "maintenance"}}
)
LIGHT = sorted(NUMPY | {"tasks", "minimal_pairs", "characters", "text", "datasets"})


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Yield the part of course_lib that each import of the file names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "course_lib" else [f"course_lib.{a.name}" for a in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("course_lib."))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_stands_below_it(path):
    above = set(imports(path)) - MAY_IMPORT[part_of(path)] - {part_of(path)}
    assert not above, f"{path.name} imports {sorted(above)}"


@pytest.mark.parametrize("part", sorted(NUMPY | DATA))
def test_the_numpy_side_never_mentions_torch(part):
    files = [PACKAGE / f"{part}.py"] if (PACKAGE / f"{part}.py").exists() else sorted((PACKAGE / part).rglob("*.py"))
    assert files
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in getattr(node, "names", [])] + [getattr(node, "module", None) or ""]
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert not any(name.split(".")[0] == "torch" for name in names), path


@pytest.mark.parametrize("module", ["course_lib", *(f"course_lib.{name}" for name in LIGHT)])
def test_importing_a_light_module_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(sorted({{'torch', 'sklearn', 'matplotlib', 'scipy'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

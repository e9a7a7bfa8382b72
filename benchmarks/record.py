"""What every benchmark writes beside its numbers: machine, date, command."""

import datetime
import json
import os
import platform
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def machine():
    """Describe the machine in a few words: processor family, cores, system, Python and NumPy."""
    import numpy as np

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor():
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or "unknown"


def provenance():
    """Return where numbers measured now come from: the command (but for where it wrote), the date and the machine."""
    options = sys.argv[1:]
    if "--json" in options:
        del options[(place := options.index("--json")):place + 2]
    command = " ".join(["python", os.path.relpath(sys.argv[0]).replace(os.sep, "/"), *options])
    return {"command": command, "date": datetime.date.today().isoformat(), "machine": machine()}


def write_results(path, results, stamp=True):
    """Write `results` (a dict) as JSON, by default with their provenance in front."""
    record = provenance() | results if stamp else results
    Path(path).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}")

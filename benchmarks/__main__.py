"""Runs all benchmarks, or those that are named, prints their table and writes `benchmarks/results.md`."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import platform
import sys
from pathlib import Path

import benchmarks
from benchmarks import harness

RESULTS = Path(__file__).with_name("results.md")


def main() -> int:
    """Exit code 1 when a goal is missed."""
    modules = {
        found.name: module
        for found in pkgutil.iter_modules(benchmarks.__path__)
        if found.name != "__main__" and hasattr(module := importlib.import_module(f"benchmarks.{found.name}"), "rows")
    }
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(modules)}; all by default")
    names = parser.parse_args().name
    if unknown := set(names) - set(modules):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(modules)}")
    results = []
    parts = []
    for name in names or modules:
        measured = harness.measured(modules[name].rows())
        facts = list(modules[name].facts()) if hasattr(modules[name], "facts") else []
        results += [*measured, *facts]
        tables = [harness.table(measured), *([harness.facts_table(facts)] if facts else [])]
        parts.append("\n\n".join([f"## {name}", modules[name].__doc__.strip(), *tables]) + "\n")
        sys.stdout.write(parts[-1] + "\n")
    if not names:
        RESULTS.write_text("\n".join([_head(), *parts]), encoding="utf-8")
    return 0 if all(result.is_reached for result in results) else 1


def _head() -> str:
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`. Peer and policywatch were measured in turn in one run; speeds are medians of "
        f"{harness.ROUNDS} rounds and belong to this machine, ratios carry over better.\n\n"
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores.\n"
    )


if __name__ == "__main__":
    sys.exit(main())

"""The slot key is unique, whoever asks for it at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest

from policywatch.store.db import Database

PROCESSES = 8
CLAIMS = 12_500 if os.environ.get("POLICYWATCH_TORTURE") else 500
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)

CLAIM = """
import asyncio, json, sys
from datetime import datetime, timedelta
from pathlib import Path
from policywatch.store import runs
from policywatch.store.db import Database

path, count, start = Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
db = Database.open_beside(path)

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    slots = [start + timedelta(minutes=number) for number in range(count)]
    return await asyncio.gather(
        *(db.write(runs.open_run, "m", slot.isoformat(), slot, "digest", slot) for slot in slots)
    )

won = [number for number, run in enumerate(asyncio.run(main())) if run is not None]
db.close()
print(json.dumps(won), flush=True)
"""


@pytest.mark.timeout(900)
def test_083_a_slot_that_eight_processes_claim_has_one_winner(tmp_path):
    path = tmp_path / "policywatch.sqlite"
    holder = Database.open(path)
    command = [sys.executable, "-c", CLAIM, str(path), str(CLAIMS), NOW.isoformat()]
    claimers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(PROCESSES)
    ]
    try:
        for one in claimers:
            assert one.stdout.readline() == "ready\n"
        for one in claimers:
            one.stdin.write("go\n")
            one.stdin.flush()
        won = [json.loads(one.communicate(timeout=600)[0]) for one in claimers]
    finally:
        for one in claimers:
            one.kill()
            one.wait(10)
        holder.close()
    assert Counter(number for numbers in won for number in numbers) == Counter(range(CLAIMS))

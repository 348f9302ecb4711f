"""The running product: start, memory, REST, import and export, each through its front door."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import psutil

from benchmarks.measure import Result, repeat
from benchmarks.team import COOKIE, sign_in

READY = re.compile(r"ready at (http://\S+)")
CLI = [sys.executable, "-m", "crm_app.cli"]
ASKER = "seed1@team.example"


def environment(folder: Path) -> dict[str, str]:
    """The host's environment with the bench's own data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MINDFULCRM_", "DATABASE_"))}
    return {**kept, "MINDFULCRM_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}


def command(folder: Path, *words: str, told: str = "") -> str:
    """Run ``mindfulcrm``, telling it ``told``, and return what it prints."""
    done = subprocess.run([*CLI, *words], env=environment(folder), input=told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mindfulcrm {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """``(address, process, seconds from start to a ready /readyz)``."""
    begin = time.perf_counter()
    process = subprocess.Popen([*CLI, "run", "--no-browser", "--port", "0"], env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = ""
        for line in process.stdout or ():
            if found := READY.search(line):
                address = found[1].rstrip("/")
                break
        if not address:
            raise RuntimeError("the server did not start")
        while httpx.get(f"{address}/readyz").status_code != 200:
            time.sleep(0.02)
        yield address, psutil.Process(process.pid), time.perf_counter() - begin
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def measure_product(folder: Path, times: int) -> Iterator[Result]:
    """On 10,000 contacts: start, memory, REST; then a CSV of 5,000 rows in and 10,000 contacts out, while nothing runs."""
    command(folder, "seed", "--contacts", "10000", "--interactions", "100000", "--users", "1")
    token = command(folder, "token", "create", "--as", ASKER, "--name", "bench")
    with server(folder):
        pass  # the first start of a fresh folder compiles and caches
    with server(folder) as (address, process, seconds):
        yield Result("start to /readyz, warm", round(seconds, 2), "s", 6)
        time.sleep(5)
        memory = process.memory_full_info()
        yield Result("idle memory of the app process (USS)", round(memory.uss / 1e6, 1), "MB", 200)
        yield Result("idle memory of the app process (RSS)", round(memory.rss / 1e6, 1), "MB")
        yield from _rest(address, token, times)
        yield _download(address, sign_in(folder, 1)[0])
        yield _export(folder, "beside the server")
    yield _export(folder, "with the database's own start")
    yield _import(folder)


def _rest(address: str, token: str, times: int) -> Iterator[Result]:
    with httpx.Client(base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}) as caller:
        def ask(path: str) -> httpx.Response:
            return caller.get(path).raise_for_status()

        contact = ask("/contacts").json()["items"][0]["id"]
        for path in ("/contacts", "/contacts?search=mueller", f"/contacts/{contact}", "/interactions", "/tasks", "/tags"):
            shown, target = path.replace(contact, "{id}"), 25.0 if path.startswith("/contacts") and contact not in path else None
            yield repeat(f"GET /api/v1{shown}, 10,000 contacts", partial(ask, path), times=times, target=target)


def _import(folder: Path) -> Result:
    file = folder / "bench.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["First Name", "Last Name", "E-mail Address", "Mobile Phone", "Company", "Notes"])
        for number in range(5_000):
            writer.writerow([f"Kim {number}", f"Bench{number}", f"kim.{number}@bench.example", f"+44 7700 9{number:05d}", "Bench Ltd", "Prefers mornings."])
    begin = time.perf_counter()
    command(folder, "import", str(file), "--as", ASKER, "--json")
    taken = time.perf_counter() - begin
    return Result("import of 5,000 CSV rows (whole command)", round(taken, 2), "s", 5)


def _download(address: str, session: str) -> Result:
    begin = time.perf_counter()
    file = httpx.get(f"{address}/downloads/contacts/csv", cookies={COOKIE: session}, timeout=60).raise_for_status().content
    taken = time.perf_counter() - begin
    if file.count(b"\n") < 10_000:
        raise RuntimeError("the export does not hold everybody")
    return Result("export of 10,000 contacts to CSV (download from the page)", round(taken, 2), "s", 1)


def _export(folder: Path, how: str) -> Result:
    begin = time.perf_counter()
    command(folder, "export", "--as", ASKER, "--format", "csv", "--out", str(folder / "bench-export.csv"))
    taken = time.perf_counter() - begin
    return Result(f"export of 10,000 contacts to CSV (whole command, {how})", round(taken, 2), "s", 1)

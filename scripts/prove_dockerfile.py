"""Prove the Dockerfile where no container engine is: each of its steps in a plain Debian root, and then the server itself.

A stage begins with a root that debootstrap makes. What a container adds comes from the kernel: namespaces for mounts,
processes and network, a read-only root, no capabilities, the user that the file names. The libraries are fetched
beforehand by this machine's pip, so a step needs no more of the network than Debian's archive. Needs root, debootstrap
and util-linux; takes some minutes. ``make prove-image`` runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUITES = {"debian:12-slim": "bookworm"}
HEALTHY_WITHIN, STOPPED_WITHIN = 60, 10
# What an engine mounts into a container. The arguments are the root, "ro" or "rw", the folder of its volume or "-", and the command.
ENTER = """
root=$1 mode=$2 volume=$3; shift 3
mount --bind "$root" "$root"
if [ "$mode" = ro ]; then mount -o remount,bind,ro "$root"; mount -t tmpfs tmpfs "$root/tmp"; ip link set lo up
else mount --bind /etc/resolv.conf "$root/etc/resolv.conf"; mount --bind "$WHEELS" "$root/mnt"; fi
mount -t proc proc "$root/proc"
mount -t tmpfs -o size=64m,mode=1777 shm "$root/dev/shm"
if [ "$volume" != - ]; then mount --bind "$volume" "$root/data"; fi
exec chroot "$root" env -i "$@"
"""


@dataclass
class Stage:
    """One stage of the file as it grows: its root, and what its instructions have set."""

    root: Path
    shell: list[str] = field(default_factory=lambda: ["/bin/sh", "-c"])
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
    workdir: str = "/"
    user: str = "0"
    volume: str = ""
    health: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def main() -> None:
    """Build every stage, then run the last one as an engine would; ends with 1 at the first thing that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, help="A root that debootstrap made before, to save its minutes.")
    parser.add_argument("--folder", type=Path, help="Where to work; a temporary folder unless given.")
    given = parser.parse_args()
    if os.geteuid() or not shutil.which("debootstrap"):
        sys.exit("NOT PROVEN: this needs root and the program debootstrap.")
    with tempfile.TemporaryDirectory(prefix="prove-image-", dir=given.folder) as name:
        folder = Path(name)
        wheels = folder / "wheels"
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", str(ROOT / "requirements.lock"), "-d", str(wheels)]
        said("the libraries, by this machine's pip", fetch)
        os.environ["WHEELS"] = str(wheels)
        image = build(instructions((ROOT / "Dockerfile").read_text(encoding="utf-8")), folder, given.base)
        size = sum(path.lstat().st_size for path in image.root.rglob("*") if not path.is_symlink())
        print(f"the image holds {size // 1_000_000} MB, {sum(path.lstat().st_size for path in (image.root / 'opt').rglob('*')) // 1_000_000} MB of it ours")
        volume = folder / "volume"
        shutil.copytree(image.root / image.volume.lstrip("/"), volume)
        shutil.copystat(image.root / image.volume.lstrip("/"), volume)
        os.chown(volume, *account(image))
        prove_server(image, volume, "on its own, a fresh volume", {})
        production = {"MINDFULCRM_HOST": "0.0.0.0", "PUBLIC_URL": "https://crm.example.org", "SECRET_KEY": os.urandom(36).hex()}
        prove_server(image, volume, "with a public address, the same volume", production)
    print("PROVEN: every step of the Dockerfile, and the server that it makes.")


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """The file's instructions in order, comments and line breaks taken out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        name, _, rest = line.strip().partition(" ")
        yield name.upper(), rest.strip()


def build(steps: Iterator[tuple[str, str]], folder: Path, base: Path | None) -> Stage:
    """Carry out every instruction; the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for name, rest in steps:
        if name == "FROM":
            image, _, alias = rest.partition(" AS ")
            stage = stages[alias or "last"] = Stage(new_root(image, folder, alias or "last", base))
        elif name == "RUN":
            said(f"RUN {rest[:90]}", inside(stage, [*stage.shell, rest], extra={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/mnt"}))
        elif name == "COPY":
            copy(stage, rest.split(), stages)
        elif name == "ENV":
            pairs = (pair.partition("=")[::2] for pair in shlex.split(rest))
            stage.environment |= {key: value.replace("$PATH", stage.environment["PATH"]) for key, value in pairs}
        else:
            declare(stage, name, rest)
    return stages["last"]


def declare(stage: Stage, name: str, rest: str) -> None:
    """The instructions that only set something."""
    if name == "WORKDIR":
        stage.workdir = rest
        (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif name == "HEALTHCHECK":
        stage.health = json.loads(rest.partition("CMD")[2])
    elif name in ("SHELL", "ENTRYPOINT", "CMD"):
        setattr(stage, {"SHELL": "shell", "ENTRYPOINT": "entrypoint", "CMD": "command"}[name], json.loads(rest))
    elif name in ("USER", "VOLUME"):
        setattr(stage, name.lower(), rest)
    elif name != "EXPOSE":
        sys.exit(f"NOT PROVEN: this script does not know the instruction {name}.")


def new_root(image: str, folder: Path, name: str, base: Path | None) -> Path:
    """A plain Debian of the release that ``image`` names."""
    if image not in SUITES:
        sys.exit(f"NOT PROVEN: no plain root is known for {image}.")
    made = base or folder / f"base-{SUITES[image]}"
    if not made.exists():
        said(f"FROM {image} (debootstrap)", ["debootstrap", "--variant=minbase", SUITES[image], str(made)])
    root = folder / name
    said(f"FROM {image}, stage {name}", ["cp", "--archive", "--reflink=auto", str(made), str(root)])
    return root


def copy(stage: Stage, words: list[str], stages: dict[str, Stage]) -> None:
    """Files of an earlier stage, or of this checkout: only what git knows, as a clean checkout would hold."""
    print(f"COPY {' '.join(words)}")
    start = words.pop(0).removeprefix("--from=") if words[0].startswith("--") else ""
    *sources, target = words
    goal = stage.root / os.path.join(stage.workdir, target).lstrip("/")
    for source in sources:
        if start:
            subprocess.run(["cp", "--archive", f"{stages[start].root}{source}", str(goal)], check=True)
            continue
        for known in subprocess.run(["git", "ls-files", source], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n"):
            if known:
                place = goal / Path(known).relative_to(source) if known != source else goal / Path(known).name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / known, place)


def account(stage: Stage) -> tuple[int, int]:
    """The user's id and group, as the image's own list of people has them."""
    for line in (stage.root / "etc/passwd").read_text(encoding="utf-8").splitlines():
        fields = line.split(":")
        if stage.user in (fields[0], fields[2]):
            return int(fields[2]), int(fields[3])
    return int(stage.user), 0


def inside(stage: Stage, command: list[str], *, volume: Path | None = None, extra: dict[str, str] | None = None) -> list[str]:
    """The command that runs ``command`` in the stage's root; with a volume: as a hardened container, on a network of its own."""
    variables = [f"{key}={value}" for key, value in {**stage.environment, **(extra or {})}.items()]
    spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *(["--net", "--ipc", "--uts"] if volume else [])]
    return [
        *spaces, "bash", "-euc", ENTER, "enter", str(stage.root), "ro" if volume else "rw", str(volume or "-"),
        f"--chdir={stage.workdir}", *variables, *(lesser(stage) if volume else []), *command,
    ]  # fmt: skip


def lesser(stage: Stage) -> list[str]:
    """As the image's user, without capabilities and without a way to new ones."""
    uid, gid = account(stage)
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]


def prove_server(stage: Stage, volume: Path, how: str, settings: dict[str, str]) -> None:
    """Start it, wait for its health check, look at who it is, and stop it as an engine does."""
    began = time.monotonic()
    with subprocess.Popen(inside(stage, [*stage.entrypoint, *stage.command], volume=volume, extra=settings)) as outer:
        try:
            while not (found := Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()):
                time.sleep(0.05)
            first = int(found[0])
            visit = ["nsenter", f"--target={first}", "--mount", "--pid", "--net", "--root", "--wd", "env", "-i", *(f"{k}={v}" for k, v in stage.environment.items())]
            while subprocess.run([*visit, *lesser(stage), *stage.health], capture_output=True).returncode:
                if outer.poll() is not None or time.monotonic() - began > HEALTHY_WITHIN:
                    sys.exit(f"NOT PROVEN: the server {how} is not healthy after {time.monotonic() - began:.0f} s.")
                time.sleep(0.3)
            healthy = time.monotonic() - began
            alive = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/healthz').read().decode().strip())"
            answer = subprocess.run([*visit, "python3", "-c", alive], check=True, capture_output=True, text=True).stdout.strip()
            refuse_power(first, account(stage)[0])
            began = time.monotonic()
            os.kill(first, signal.SIGTERM)
            code = outer.wait(STOPPED_WITHIN)
        finally:
            outer.kill()
    print(f"the server {how}: healthy after {healthy:.1f} s, /healthz says {answer!r}, stopped with {code} after {time.monotonic() - began:.1f} s")
    if code or answer != "alive":
        sys.exit("NOT PROVEN: it did not end as it should.")


def refuse_power(pid: int, uid: int) -> None:
    """The process must be the image's user and hold no capability."""
    status = dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.M))
    if status["Uid"].split() != [str(uid)] * 4 or int(status["CapEff"], 16) or int(status["CapBnd"], 16) or status["NoNewPrivs"] != "1":
        sys.exit(f"NOT PROVEN: the server runs with {status['Uid']}, capabilities {status['CapEff']}.")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    began = time.monotonic()
    print(what, flush=True)
    yield
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def said(what: str, command: list[str]) -> None:
    """Run one step; its words are shown only if it fails."""
    with timed(what):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout[-3000:]}{done.stderr[-3000:]}\nNOT PROVEN: this step failed.")


if __name__ == "__main__":
    main()

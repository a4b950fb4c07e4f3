"""Builds and runs the Dockerfile without a container engine, out of Linux namespaces.

A stage's root holds this machine's /usr read-only, a Python of the base's version, and what the stage's own steps made:
RUN in it under chroot, COPY into it. A container is such a root with namespaces of its own for processes, mounts and
network, and the rights that `--read-only --cap-drop=ALL --security-opt no-new-privileges --tmpfs /tmp` leaves.

Against a real engine it lacks: the base image's own files and versions, seccomp, control groups, published ports.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import dockerfile
from policywatch import container

_TOOLS = ("unshare", "nsenter", "setpriv", "chroot", "mount", "useradd")
_FROM_ETC = ("passwd", "group", "login.defs", "nsswitch.conf", "ld.so.cache", "hosts")
_LOOPBACK_UP = (
    "import fcntl, socket, struct; s = socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack('16sh14x', b'lo', 0x41))"
)
"""SIOCSIFFLAGS with IFF_UP and IFF_RUNNING: a new network namespace has its loopback down."""


class CannotBuildError(Exception):
    """This machine cannot stand in for an engine; the text says why."""


def require() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotBuildError("only root on Linux can stand in for a container engine")
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise CannotBuildError(f"`{tool}` is not installed")
    tried = subprocess.run(["unshare", "-mpnf", "true"], capture_output=True, check=False)
    if tried.returncode:
        raise CannotBuildError("this machine allows no namespaces")


def python_of(base: str) -> Path:
    """An interpreter of the base tag's version, or else the one that runs the tests."""
    version = re.match(r"python:(3\.\d+)", base)[1]
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    for name in [*map(str, found), f"python{version}", sys.executable]:
        asked = subprocess.run(
            [name, "-c", "import sys, os; print(sys.version[:4], os.path.realpath(sys.executable))"],
            capture_output=True, text=True, check=False,
        ) if shutil.which(name) else None  # fmt: skip
        if asked is not None and asked.returncode == 0:
            told, _, path = asked.stdout.strip().partition(" ")
            if told.strip() == version or name == sys.executable:
                return Path(path)
    raise AssertionError("unreachable: the tests' own interpreter answers")


def download(python: Path, lock: Path, wheels: Path) -> None:
    """The locked wheels, by their hashes, as pip is set up on this machine."""
    command = [str(python), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    command += ["--only-binary", ":all:", "--no-deps", "--requirement", str(lock), "--dest", str(wheels)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuildError("pip cannot get the locked packages here")


class Root:
    """A root file system in the making, or made."""

    def __init__(self, path: Path, python: Path, wheels: Path) -> None:
        self.path = path
        self.python = python
        self.wheels = wheels
        self.env: dict[str, str] = {}
        self.workdir = "/"
        for name in ("usr", "etc", "proc", "dev", "tmp", "root", "run", "wheels", "own/bin"):
            (path / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib32", "lib64"):
            there = Path("/") / name
            if there.is_symlink():
                (path / name).symlink_to(there.readlink())
        for name in _FROM_ETC:
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), path / "etc" / name)
        for name in ("null", "zero", "random", "urandom"):
            (path / "dev" / name).touch()
        launcher = path / "own" / "bin" / "python"
        launcher.write_text(f'#!/bin/sh\nexec {python} "$@"\n')
        launcher.chmod(0o755)
        self._point(python.parents[1])

    def _point(self, place: Path) -> Path:
        inside = self.path / place.relative_to("/")
        inside.mkdir(parents=True, exist_ok=True)
        return inside

    def mounts(self) -> list[str]:
        """Shell lines that lay this machine's part of the root, read-only."""
        prefix = self.python.parents[1]
        there = [Path("/") / name for name in ("usr", "lib", "lib64", "bin", "sbin")]
        shared = [place for place in there if place.is_dir() and not place.is_symlink()]
        if not prefix.is_relative_to("/usr"):
            shared.append(prefix)
        lines = ["set -e", "mount --make-rprivate /", f"mount --bind {self.path} {self.path}"]
        for place in shared:
            inside = self._point(place)
            lines += [f"mount --rbind {place} {inside}", f"mount -o remount,bind,ro {inside}"]
        if not prefix.is_relative_to("/usr/local"):
            lines.append(f"mount --bind {self.path}/own {self.path}/usr/local")
        lines += [f"mount --bind /dev/{name} {self.path}/dev/{name}" for name in ("null", "zero", "random", "urandom")]
        return lines

    def run(self, step: dockerfile.Instruction) -> None:
        """RUN: as root, in the root, with the packages from the folder of wheels alone."""
        env = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **self.env}
        env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", "PIP_CONFIG_FILE": "/dev/null", "PIP_QUIET": "1"}
        env |= {"PIP_ROOT_USER_ACTION": "ignore", "STEP": step.rest, "WORKDIR": self.workdir}
        script = [
            *self.mounts(),
            f"mount --bind {self.wheels} {self.path}/wheels",
            f"mount -t proc proc {self.path}/proc",
            f'exec chroot {self.path} /bin/sh -c \'cd "$WORKDIR" && unset WORKDIR && exec /bin/sh -c "$STEP"\'',
        ]
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "/bin/sh", "-c", "\n".join(script)],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"RUN {step.rest}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"

    def copy(self, step: dockerfile.Instruction, context: Path, stages: dict[str, Root]) -> None:
        """COPY: a folder's contents to a folder, files into a folder."""
        words = step.words
        place_by = shutil.copy
        if words[0].startswith("--from="):
            # Linked, as nothing writes to a finished root: copying takes seconds.
            context, place_by = stages[words.pop(0).removeprefix("--from=")].path, os.link
        *sources, target = words
        place = self.path / (Path(self.workdir) / target).relative_to("/")
        for source in (context / name.lstrip("/") for name in sources):
            if source.is_dir():
                skipped = shutil.ignore_patterns("__pycache__") if context == dockerfile.TOP else None
                shutil.copytree(
                    source, place, symlinks=True, dirs_exist_ok=True, ignore=skipped, copy_function=place_by
                )
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)


class Image:
    """A built Dockerfile."""

    def __init__(self, file: dockerfile.Dockerfile, root: Root) -> None:
        self.stage = file.final
        self.root = root

    @classmethod
    def build(cls, file: dockerfile.Dockerfile, folder: Path) -> Image:
        """Takes every step of every stage in its order."""
        require()
        python = python_of(file.final.base)
        wheels = folder / "wheels"
        wheels.mkdir()
        download(python, dockerfile.TOP / "requirements.lock", wheels)
        made: dict[str, Root] = {}
        for number, stage in enumerate(file.stages):
            root = Root(folder / f"stage{number}", python, wheels)
            for step in stage.instructions:
                if step.word == "RUN":
                    root.run(step)
                elif step.word == "COPY":
                    root.copy(step, dockerfile.TOP, made)
                elif step.word == "ENV":
                    root.env |= step.pairs
                elif step.word == "WORKDIR":
                    root.workdir = step.rest
                    root._point(Path(step.rest))
            made[stage.name] = root
        return cls(file, made[file.final.name])

    @property
    def user(self) -> tuple[int, int]:
        uid, _, gid = self.stage.last("USER").rest.partition(":")
        return int(uid), int(gid)

    def folder(self, path: Path) -> Path:
        """A folder of the machine that belongs to the image's user, to be mounted."""
        path.mkdir()
        os.chown(path, *self.user)
        return path

    def start(
        self, *arguments: str, data: Path, config: Path, is_config_writable: bool = False, **options
    ) -> Container:
        """`docker run` with the least rights; without arguments the image's own command.

        `variables` are what `-e` sets; without them what compose.yaml sets.
        """
        command = [*self.stage.last("ENTRYPOINT").words, *(arguments or self.stage.last("CMD").words)]
        return self.execute(command, data=data, config=config, is_config_writable=is_config_writable, **options)

    def execute(
        self,
        command: list[str],
        *,
        data: Path,
        config: Path,
        is_config_writable: bool = False,
        variables: dict[str, str] | None = None,
        **options,
    ) -> Container:
        """As `start`, with another entry point."""
        root = self.root.path
        script = [*self.root.mounts()]
        script += [f"mount --bind {config} {root}/config", f"mount --bind {data} {root}/data"]
        if not is_config_writable:
            script.append(f"mount -o remount,bind,ro {root}/config")
        script += [
            f"mount -t tmpfs -o mode=1777,size=64m tmpfs {root}/tmp",
            f"mount -t proc proc {root}/proc",
            f"mount -o remount,bind,ro {root}",
            f'{sys.executable} -I -c "{_LOOPBACK_UP}"',
            f"cd {root}",
            f'exec chroot {root} {" ".join(self.privileges)} /usr/bin/env -i --chdir="$WORKDIR" "$@"',
        ]
        env = {**os.environ, "WORKDIR": self.root.workdir}
        said = {container.PUBLISHED: "127.0.0.1"} if variables is None else variables
        inside = [f"{name}={value}" for name, value in {**self.root.env, **said}.items()]
        process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--fork", "/bin/sh", "-c", "\n".join(script), "sh",
             *inside, *command],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
        )  # fmt: skip
        return Container(self, process)

    @property
    def privileges(self) -> list[str]:
        uid, gid = self.user
        return [
            "/usr/bin/setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs",
            "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all",
        ]  # fmt: skip


class Container:
    """A running image. `process` is the engine's part of it: it ends as process 1 inside ends."""

    def __init__(self, image: Image, process: subprocess.Popen) -> None:
        self.image = image
        self.process = process

    @property
    def pid(self) -> int:
        """Of its process 1, as this machine numbers it; 0 before and after there is one."""
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            return 0
        return int(children[0]) if children else 0

    def kill(self, number: int = signal.SIGTERM) -> None:
        """As `docker kill --signal`."""
        os.kill(self.pid, number)

    def exec(self, *command: str) -> subprocess.CompletedProcess:
        """As `docker exec`: a command in its namespaces with its rights."""
        env = [f"{name}={value}" for name, value in self.image.root.env.items()]
        return subprocess.run(
            ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--net", "--root", "--wd",
             *self.image.privileges, "/usr/bin/env", "-i", *env, *command],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def end(self) -> None:
        if self.process.poll() is None:
            # Not `unshare --kill-child`: the wish to die with one's parent does not outlive a change of user.
            os.kill(self.pid or self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None and not stream.closed:
                stream.close()

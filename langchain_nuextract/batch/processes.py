"""Processes, told apart from all others: also from those of other machines, and from later ones of the same number."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process; two are equal only if they are the same."""

    machine: str
    number: int
    started: str

    @classmethod
    def current(cls) -> "Process":
        """Give the one that this is called in."""
        return cls(_machine(), os.getpid(), _start_of(os.getpid()))

    def is_gone(self) -> bool:
        """Whether it has surely ended; False also where it runs on another machine, so that nobody can tell."""
        if self.machine != _machine() or os.name != "posix":
            return False
        try:
            os.kill(self.number, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return _start_of(self.number) != self.started


@cache
def _machine() -> str:
    """Name the machine since it was started, with the space of process numbers that this process sees."""
    parts = [socket.gethostname()]
    for path in (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")):
        try:
            parts.append(str(path.readlink()) if path.is_symlink() else path.read_text("ascii").strip())
        except OSError:
            parts.append("")
    return " ".join(parts)


def _start_of(process: int) -> str:
    """Tell when a process was started, in the kernel's own words; empty where the kernel does not tell."""
    try:
        # The name before the last bracket may have anything in it; the start is the 22nd field of the line.
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""

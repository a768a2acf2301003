"""Messages of Outlook written by hand: compound files ([MS-CFB]) of properties ([MS-OXMSG])."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Tree: TypeAlias = Mapping[str, Any]
"""Streams, which are bytes, and storages, which are trees, by their names."""

ROOT, LARGE = "Root Entry", 4096
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
TEXT, BINARY, NUMBER, TIME = 0x1F, 0x102, 0x3, 0x40

SUBJECT, BODY, HTML, RICH_TEXT, SENT = 0x37, 0x1000, 0x1013, 0x1009, 0x39
SENDER, SENDER_ADDRESS, NAME, ADDRESS, KIND = 0xC1A, 0x5D01, 0x3001, 0x39FE, 0xC15
CONTENT, LONG_NAME, SHORT_NAME, TYPE, CODEPAGE = 0x3701, 0x3707, 0x3704, 0x370E, 0x3FDE

Properties: TypeAlias = Mapping[int, str | bytes | int]


def message(
    properties: Properties, people: Sequence[Properties] = (), files: Sequence[Properties | Tree] = (), header: int = 32
) -> Tree:
    """A message as a tree of streams; a file with names of streams for keys is a message within."""
    tree: dict[str, Any] = dict(parts(properties, header))
    for at, person in enumerate(people):
        tree[f"__recip_version1.0_#{at:08X}"] = parts(person, 8)
    for at, file in enumerate(files):
        is_message = any(isinstance(key, str) for key in file)
        within = {**parts({0x3705: 5}, 8), "__substg1.0_3701000D": file} if is_message else parts(file, 8)
        tree[f"__attach_version1.0_#{at:08X}"] = within
    return tree


def parts(properties: Properties, header: int) -> dict[str, bytes]:
    """Properties as streams, and the one that lists them."""
    listed, streams = bytearray(header), dict[str, bytes]()
    for number, value in properties.items():
        kind = NUMBER if isinstance(value, int) else BINARY if isinstance(value, bytes) else TEXT
        if number == SENT:
            listed += struct.pack("<HHIQ", TIME, number, 6, value)
        elif isinstance(value, int):
            listed += struct.pack("<HHIII", kind, number, 6, value, 0)
        else:
            content = value if isinstance(value, bytes) else value.encode("utf-16-le")
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = content
            listed += struct.pack("<HHIII", kind, number, 6, len(content) + 2 * (kind == TEXT), 0)
    return {**streams, "__properties_version1.0": bytes(listed)}


@dataclass
class Entry:
    """An entry of the directory."""

    name: str
    content: bytes | None = None
    """None of a storage."""
    start: int = 0
    child: int = FREE
    right: int = FREE

    def written(self) -> bytes:
        called = self.name.encode("utf-16-le") + b"\0\0"
        kind = 5 if self.name == ROOT else 1 if self.content is None else 2
        places = struct.pack("<HBBIII", len(called), kind, 1, FREE, self.right, self.child)
        return called.ljust(64, b"\0") + places + bytes(36) + struct.pack("<IQ", self.start, len(self.content or b""))


class Sectors:
    """Contents in sectors of one size, and the table that chains them."""

    def __init__(self, size: int) -> None:
        self.size, self.content, self.table = size, bytearray(), list[int]()

    def store(self, content: bytes) -> int:
        """Append some content; gives where it begins."""
        first, count = len(self.table), -(-len(content) // self.size)
        self.table += [*range(first + 1, first + count), END] if count else []
        self.content += content.ljust(count * self.size, b"\0")
        return first if count else END


def compound(tree: Tree) -> bytes:
    """Write a compound file of version 3."""
    root = Entry(ROOT)
    entries = [root]
    _enter(tree, root, entries)
    small, large = Sectors(64), Sectors(512)
    for entry in entries[1:]:
        if entry.content is not None:
            entry.start = (small if len(entry.content) < LARGE else large).store(entry.content)
    root.content = bytes(small.content)
    root.start = large.store(root.content)
    first_small = large.store(struct.pack(f"<{len(small.table)}I", *small.table))
    directory = large.store(b"".join(entry.written() for entry in entries))
    tables = next(count for count in range(1, 100) if count * 128 >= len(large.table) + count)
    heads = struct.pack("<109I", *range(len(large.table), len(large.table) + tables), *[FREE] * (109 - tables))
    table = [*large.table, *[TABLE] * tables]
    table += [FREE] * (tables * 128 - len(table))
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    counts = struct.pack("<6I", 0, tables, directory, 0, LARGE, first_small)
    more = struct.pack("<3I", -(-len(small.table) // 128), END, 0)
    return start + counts + more + heads + bytes(large.content) + struct.pack(f"<{len(table)}I", *table)


def _enter(tree: Tree, parent: Entry, entries: list[Entry]) -> None:
    """Enter what is in a storage: each part is the right neighbour of the one before."""
    before: Entry | None = None
    for name, content in tree.items():
        entry = Entry(name, content if isinstance(content, bytes) else None)
        if before is None:
            parent.child = len(entries)
        else:
            before.right = len(entries)
        entries.append(entry)
        before = entry
        if not isinstance(content, bytes):
            _enter(content, entry, entries)

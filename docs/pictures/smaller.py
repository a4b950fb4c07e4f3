"""Makes the PNG files of Chromium smaller: at most 256 colours, those that are seen most.

A mail has few colours; the rest are borders of letters, which nobody sees one step off.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}
"""By colour type (PNG, third edition, 11.2.1): RGB, and RGB with alpha."""


def smaller(path: Path) -> None:
    """Rewrites an 8-bit RGB file of Chromium's in place. Raises ValueError for any other."""
    pixels = _pixels(path.read_bytes())
    height, width, _ = pixels.shape
    # Steps of four are below what an eye tells apart, and leave a few thousand colours to choose from.
    coarse = pixels & 0xFC | pixels >> 6
    codes = coarse[..., 0].astype(np.uint32) << 16 | coarse[..., 1].astype(np.uint32) << 8 | coarse[..., 2]
    found, inverse, counts = np.unique(codes.ravel(), return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16 & 255, found >> 8 & 255, found & 255], axis=1).astype(np.int32)
    kept = np.argsort(-counts, kind="stable")[:256]
    distances = ((colours[:, None, :] - colours[None, kept, :]) ** 2).sum(axis=2)
    indices = distances.argmin(axis=1).astype(np.uint8)[inverse].reshape(height, width)
    rows = b"".join(b"\0" + row.tobytes() for row in indices)
    path.write_bytes(
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", colours[kept].astype(np.uint8).tobytes())
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _pixels(content: bytes) -> np.ndarray:
    """(height, width, 3) of the picture."""
    at, packed = len(_SIGNATURE), b""
    width = height = depth = kind = 0
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        inside = content[at + 8 : at + 8 + length]
        if name == b"IHDR":
            width, height, depth, kind = struct.unpack(">IIBB", inside[:10])
        elif name == b"IDAT":
            packed += inside
        at += 12 + length
    if depth != 8 or kind not in _CHANNELS:
        raise ValueError(f"a PNG of depth {depth} and colour type {kind} is not one of Chromium's")
    step = _CHANNELS[kind]
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * step)
    whole = np.zeros((height + 1, width * step), np.uint8)
    for number, line in enumerate(lines):
        whole[number + 1] = _unfiltered(line[0], line[1:], whole[number], step)
    return whole[1:].reshape(height, width, step)[..., :3]


def _unfiltered(kind: int, line: np.ndarray, above: np.ndarray, step: int) -> np.ndarray:
    """One line of bytes (PNG, third edition, 9.2)."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    made, values, over = bytearray(len(line)), line.tolist(), above.tolist()
    for at, value in enumerate(values):
        left, corner = (made[at - step], over[at - step]) if at >= step else (0, 0)
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + over[at]) // 2
        else:
            guess = min((left, over[at], corner), key=lambda one: abs(left + over[at] - corner - one))
        made[at] = (value + guess) & 255
    return np.frombuffer(bytes(made), np.uint8)

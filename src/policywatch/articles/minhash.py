"""MinHash by one permutation, densified: what two texts share, estimated from 64 numbers each.

After Li, Owen and Zhang, "One Permutation Hashing" (2012), and Shrivastava and Li, "Densifying One Permutation Hashing
via Rotation for Fast Near Neighbor Search" (2014). Everything is one numpy array a text: no loop over its letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHINGLE = 5
BINS = 64
LEAST = 30
"""Letters below which a text has no sketch: too few shingles to estimate from."""
BANDS, ROWS = 14, 3
"""Texts that share 70 % of their shingles meet in a band 997 times of 1,000; those that share 20 %, once in nine."""

_SHIFT = np.uint64(58)
_EDGES = np.arange(BINS, dtype=np.uint64) << _SHIFT
_POWERS = tuple(
    np.uint64(value)
    for value in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD)
)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_BAND_POWERS = np.array(_POWERS[:ROWS], dtype=np.uint64)[None, :]
_BAND_SALTS = np.arange(1, BANDS + 1, dtype=np.uint64) * np.uint64(0x94D049BB133111EB)


def sketch(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """64 numbers for the code points of a text; none for one that is too short."""
    if len(codes) < LEAST:
        return np.empty(0, dtype=np.uint32)
    hashes = _shingles(codes)
    hashes.sort()
    first = hashes.searchsorted(_EDGES)
    # An empty bin takes what the next one has, the last ones what the first has.
    first[first == len(hashes)] = 0
    return (hashes[first] >> np.uint64(20)).astype(np.uint32)


def likeness(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """0 to 1: the estimated share of shingles that two texts have in common; 0 when one has no sketch."""
    if not len(one) or not len(other):
        return 0.0
    return float(np.count_nonzero(one == other)) / BINS


def bands(sketched: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Numbers of which two texts that are alike share at least one."""
    if not len(sketched):
        return np.empty(0, dtype=np.int64)
    rows = sketched[: BANDS * ROWS].astype(np.uint64).reshape(BANDS, ROWS)
    mixed = (rows * _BAND_POWERS).sum(axis=1, dtype=np.uint64) ^ _BAND_SALTS
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MIX
    numbers: NDArray[np.int64] = mixed.view(np.int64)
    return numbers


def _shingles(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    wide = codes.astype(np.uint64)
    count = len(wide) - SHINGLE + 1
    hashes = wide[:count] * _POWERS[0]
    for at in range(1, SHINGLE):
        hashes += wide[at : count + at] * _POWERS[at]
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(32)
    return hashes

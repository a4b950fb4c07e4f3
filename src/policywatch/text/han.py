"""What counts as a Han character."""

from __future__ import annotations

# CJK ideographs with extensions A to J and the compatibility blocks, and the two marks that stand for one (Unicode 16).
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""For use inside a character class of a regular expression."""

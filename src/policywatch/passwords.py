"""Passwords of the pages: written plainly or as a scrypt hash (RFC 7914), compared in a time that tells nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

LEAST = 8
"""Characters of a password."""
MOST = 1024
"""Characters of what is tried; nobody types more."""
_LOG_N, _R, _P = 15, 8, 3
"""32 MiB and about a quarter of a second a try: what OWASP's cheat sheet on storing passwords names for scrypt."""
_MEMORY = 256 << 20
_HASH = re.compile(r"scrypt:(\d{1,2}):(\d{1,2}):(\d{1,2}):([A-Za-z0-9_-]{16,}):([A-Za-z0-9_-]{22,})")
_PREFIX = "scrypt:"


def checked(text: str) -> str:
    """A password as it stands in the configuration. Raises ValueError that says what is wrong, without the value."""
    if text.startswith(_PREFIX):
        found = _HASH.fullmatch(text)
        if found is None or not _is_bearable(*map(int, found.group(1, 2, 3))):
            raise ValueError("is no hash that `policywatch hash-password` made; make it anew and copy the whole line")
    elif not LEAST <= len(text) <= MOST:
        raise ValueError(f"must have {LEAST} characters at least")
    return text


def hashed(password: str) -> str:
    """The hash that may stand in the configuration in place of the password; another one each time."""
    salt = secrets.token_bytes(16)
    return f"{_PREFIX}{_LOG_N}:{_R}:{_P}:{_text(salt)}:{_text(_scrypt(password, salt, _LOG_N, _R, _P, 32))}"


def opens(given: str, configured: str) -> bool:
    """Whether what was typed is the configured password. Takes as long for a near miss as for any other."""
    if len(given) > MOST:
        return False
    found = _HASH.fullmatch(configured)
    if found is None:
        # Of one length, which compare_digest would otherwise give away.
        return hmac.compare_digest(_sha256(given), _sha256(configured))
    log_n, r, p = map(int, found.group(1, 2, 3))
    salt, wanted = _bytes(found[4]), _bytes(found[5])
    return hmac.compare_digest(_scrypt(given, salt, log_n, r, p, len(wanted)), wanted)


def _is_bearable(log_n: int, r: int, p: int) -> bool:
    return 1 <= log_n <= 20 and r >= 1 and 1 <= p <= 16 and (128 * r << log_n) < _MEMORY


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int, length: int) -> bytes:
    told = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(told, salt=salt, n=1 << log_n, r=r, p=p, maxmem=_MEMORY + (1 << 20), dklen=length)


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

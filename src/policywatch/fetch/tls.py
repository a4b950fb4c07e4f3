"""What `tls: legacy` allows, and nothing beyond it: old protocol versions, ciphers and renegotiation.

Some government sites run servers that were never renewed: no forward secrecy, no secure renegotiation, or hands that
fall off at a TLS 1.3 greeting. Certificates and host names are verified as everywhere.
"""

from __future__ import annotations

import ssl
import warnings

_LEGACY_RENEGOTIATION = getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
"""Named from Python 3.12 on; the bit is OpenSSL's."""


def legacy(trusting: ssl.SSLContext | None) -> ssl.SSLContext:
    """A context for old servers that trusts the system's authorities, and those of `trusting`."""
    context = ssl.create_default_context()
    if trusting is not None:
        authorities = trusting.get_ca_certs(binary_form=True)
        if authorities:
            context.load_verify_locations(cadata=b"".join(authorities))
    context.set_ciphers("DEFAULT:!aNULL:!eNULL:@SECLEVEL=0")
    with warnings.catch_warnings():
        # That TLS 1.0 is deprecated is what this is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= _LEGACY_RENEGOTIATION
    return context

"""Certificates and host names are always verified."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edges.fetch_origin import Origin, always, answer, failed, failure, options, serving
from policywatch.fetch import tls as tls_module
from policywatch.fetch.client import Client
from policywatch.model import Manner, Request

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_side(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def client_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def self_signed() -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, YESTERDAY, YESTERDAY + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("news.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(serialization.Encoding.PEM, *kept)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return context


async def lookup(_host: str) -> list[str]:
    return ["127.0.0.1"]


def test_055_a_certificate_of_a_trusted_authority_for_this_host_is_accepted(authority):
    async def scenario() -> None:
        tls = server_side(authority.issue_cert("news.example"))
        async with serving(always(answer(200, b"page")), tls=tls, name="news.example") as origin:
            async with Client(options(origin), ssl_context=client_side(authority), lookup=lookup) as client:
                page = await client.fetch(Request(origin.base))
            assert (page.body, page.url) == (b"page", origin.base + "/")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("expired", "has expired"),
        ("self-signed", "by nobody but the server itself"),
        ("unknown authority", "is not known here"),
        ("wrong host", "for another host name"),
    ],
)
def test_055_a_certificate_that_does_not_hold_is_refused_before_anything_is_sent(authority, case, words):
    async def scenario() -> None:
        tls = {
            "expired": lambda: server_side(authority.issue_cert("news.example", not_after=YESTERDAY)),
            "self-signed": self_signed,
            "unknown authority": lambda: server_side(trustme.CA().issue_cert("news.example")),
            "wrong host": lambda: server_side(authority.issue_cert("other.example")),
        }[case]()
        async with serving(always(answer()), tls=tls, name="news.example") as origin:
            trusted = client_side(authority)
            async with Client(options(origin), ssl_context=trusted, lookup=lookup) as client:
                error = await failure(client, f"https://news.example:{origin.port}/")
            assert error.code == "tls"
            assert words in error.what
            assert origin.requests == []

    asyncio.run(scenario())


def test_055_a_server_that_does_not_speak_tls_is_an_error_in_words():
    async def scenario() -> None:
        async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(200, b"plain"))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        origin = Origin("127.0.0.1", server.sockets[0].getsockname()[1], "https")
        error = await failed(origin)
        server.close()
        assert error.code == "tls"
        assert "no encrypted connection" in error.what

    asyncio.run(scenario())


def test_024_a_redirect_from_https_to_http_is_refused(authority):
    async def scenario() -> None:
        tls = server_side(authority.issue_cert("news.example"))
        async with serving(always(answer(200))) as plain:
            moved = always(answer(301, b"", f"Location: http://news.example:{plain.port}/"))
            async with serving(moved, tls=tls, name="news.example") as origin:
                secure = client_side(authority)
                async with Client(options(origin, plain), ssl_context=secure, lookup=lookup) as client:
                    error = await failure(client, origin.base)
                assert error.code == "bad_url"
                assert "https to http" in error.what
                assert plain.connections == 0

    asyncio.run(scenario())


def old_server(authority: trustme.CA, ciphers: str, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = server_side(authority.issue_cert("news.example", key_type=trustme.KeyType.RSA))
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = version
        context.maximum_version = version
    return context


@pytest.mark.parametrize(
    ("ciphers", "version"),
    [
        ("AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2),  # no forward secrecy
        ("ECDHE-RSA-AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_1),
        ("AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1),
    ],
)
def test_055_an_old_server_is_spoken_to_only_where_the_source_says_so(authority, ciphers, version):
    async def scenario() -> None:
        tls = old_server(authority, ciphers, version)
        async with serving(always(answer(200, b"page")), tls=tls, name="news.example") as origin:
            async with Client(options(origin), ssl_context=client_side(authority), lookup=lookup) as client:
                page = await client.fetch(Request(origin.base, manner=Manner(legacy_tls=True)))
                assert page.body == b"page"
                error = await failure(client, origin.base)
                assert error.code == "tls"
                assert "tls: legacy" in error.what
            assert len(origin.requests) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("case", ["expired", "self-signed", "unknown authority", "wrong host"])
def test_055_a_certificate_is_verified_also_of_an_old_server(authority, case):
    async def scenario() -> None:
        tls = {
            "expired": lambda: server_side(authority.issue_cert("news.example", not_after=YESTERDAY)),
            "self-signed": self_signed,
            "unknown authority": lambda: server_side(trustme.CA().issue_cert("news.example")),
            "wrong host": lambda: server_side(authority.issue_cert("other.example")),
        }[case]()
        async with serving(always(answer()), tls=tls, name="news.example") as origin:
            async with Client(options(origin), ssl_context=client_side(authority), lookup=lookup) as client:
                request = Request(f"https://news.example:{origin.port}/", manner=Manner(legacy_tls=True))
                error = await failure(client, request)
            assert error.code == "tls"
            assert "certificate" in error.what
            assert origin.requests == []

    asyncio.run(scenario())


def test_legacy_changes_what_is_spoken_and_not_what_is_trusted():
    context = tls_module.legacy(None)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.maximum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & 0x4
    names = [cipher["name"] for cipher in context.get_ciphers()]
    assert "AES128-SHA" in names
    assert [name for name in names if "NULL" in name or name.startswith(("ADH", "AECDH", "EXP"))] == []

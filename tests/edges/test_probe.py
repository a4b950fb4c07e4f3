"""The health command: what it asks, what it says, and that it asks nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from policywatch import container, errors, probe


class Service:
    """Answers as /healthz does, with whatever it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b'{"status": "ok", "faults": []}'
        self.asked = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.asked.append(self.path)
                self.send_response(service.status)
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service():
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


def run(listen: str) -> subprocess.CompletedProcess:
    """As the image's health check runs it."""
    return subprocess.run(
        [sys.executable, "-m", "policywatch.probe"],
        env={**os.environ, container.LISTEN: listen},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_a_healthy_service_is_told_by_exit_code_0(service):
    done = run(f"0.0.0.0:{service.port}")
    assert (done.returncode, done.stdout) == (0, "ok\n")
    assert service.asked == ["/healthz"]


def test_the_reasons_of_an_unhealthy_one_are_told_with_exit_code_1(service):
    service.status = 503
    service.body = json.dumps(
        {"faults": ["the database cannot be written", "mail has been waiting for hours"]}
    ).encode()
    done = run(f"127.0.0.1:{service.port}")
    assert (done.returncode, done.stdout) == (1, "the database cannot be written\nmail has been waiting for hours\n")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"faults": []}', b'{"faults": null}', b"\xff"])
def test_an_answer_of_something_else_is_no_health(service, body):
    service.status, service.body = 502, body
    assert probe.faults(f"http://127.0.0.1:{service.port}/healthz") == ["the answer was HTTP 502"]


def test_no_answer_is_told_in_words(service):
    service.server.shutdown()
    service.server.server_close()
    (fault,) = probe.faults(f"http://127.0.0.1:{service.port}/healthz")
    assert fault.startswith(f"no answer from http://127.0.0.1:{service.port}/healthz: ")


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.1:8090/healthz", "http://example.org:80/", "https://127.0.0.1:8090/healthz", "http://127.0.0.1/",
     "file:///etc/passwd", "http://127.0.0.1.example.org:80/", "http://127.0.0.1:99999/", "http://[::1:80/", ""],
)  # fmt: skip
def test_only_this_machine_is_asked(url):
    with pytest.raises(errors.PolicywatchError, match="is no address of this machine"):
        probe.faults(url)


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("127.0.0.1:8090", "http://127.0.0.1:8090/healthz"),
        ("0.0.0.0:8090", "http://127.0.0.1:8090/healthz"),
        (":80", "http://127.0.0.1:80/healthz"),
        ("[::]:8090", "http://[::1]:8090/healthz"),
        ("[::1]:8090", "http://[::1]:8090/healthz"),
        ("localhost:1", "http://localhost:1/healthz"),
    ],
)
def test_pages_that_listen_everywhere_are_asked_on_loopback(listen, url):
    assert probe.url_of(listen) == url


def test_the_command_asks_where_the_configuration_says(service, tmp_path):
    """And, with --url, where one says oneself; reasons go to standard error."""
    path = tmp_path / "policywatch.yaml"
    path.write_text(f"web: {{listen: '127.0.0.1:{service.port}'}}\n")

    def health(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "policywatch", "health", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    done = health("--config", str(path))
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
    service.status, service.body = 503, b'{"faults": ["the clock of the service stands still"]}'
    done = health("--url", f"http://127.0.0.1:{service.port}/healthz")
    assert (done.returncode, done.stderr) == (1, "the clock of the service stands still\n")

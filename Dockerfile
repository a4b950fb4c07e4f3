# The image of policywatch: docker build -t policywatch .   (or `docker compose up`, see compose.yaml)
#
# Two stages from one base: the first makes a virtual environment, the second holds it and nothing else of the project.
# The base can be another registry's copy, or pinned to a digest:
#   docker build --build-arg BASE=registry.example.org/python:3.13-slim-trixie@sha256:... .
# Debian, not alpine: several of the locked packages have no wheels for musl.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
# A package index of your own, e.g. a mirror: --build-arg PIP_INDEX_URL=... Hashes hold whatever it serves.
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
# The lock is complete, so nothing has to be resolved; `pip check` below would see a gap.
RUN python -m venv /opt/policywatch \
 && /opt/policywatch/bin/python -m pip install --require-hashes --only-binary :all: --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY templates templates
COPY config config
# The tools that make the wheel are in the lock, too; they and pip do not travel on. `pip check` sees if one was needed.
RUN /opt/policywatch/bin/python -m pip wheel --no-build-isolation --no-deps --wheel-dir dist . \
 && /opt/policywatch/bin/python -m pip install --no-index --no-deps dist/*.whl \
 && /opt/policywatch/bin/python -m pip uninstall --yes \
      hatchling editables pathspec pluggy tomlkit trove-classifiers \
 && /opt/policywatch/bin/python -m pip check \
 && /opt/policywatch/bin/python -m pip uninstall --yes pip

FROM ${BASE}
LABEL org.opencontainers.image.title="policywatch" \
      org.opencontainers.image.description="Watches policy and industry news and mails one digest" \
      org.opencontainers.image.licenses="MIT"
# A user with a fixed number, so that volumes keep their owner from one image to the next.
RUN groupadd --gid 10001 policywatch \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin policywatch \
 && install --directory --owner 10001 --group 10001 --mode 0755 /config \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/policywatch /opt/policywatch
# The container decides where data lies and pages listen; who reaches the pages, where their port is published. Without
# a log-in they start only with POLICYWATCH_CONTAINER_PUBLISHED=127.0.0.1, which whoever runs it says (see compose.yaml).
ENV PATH=/opt/policywatch/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POLICYWATCH_CONTAINER_DATA=/data \
    POLICYWATCH_CONTAINER_LISTEN=0.0.0.0:8090
WORKDIR /data
VOLUME ["/config", "/data"]
EXPOSE 8090
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-I", "-m", "policywatch.probe"]
ENTRYPOINT ["policywatch"]
CMD ["run"]

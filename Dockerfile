# syntax=docker/dockerfile:1
# First the libraries, from the hash-pinned lock; then a small image that runs as an ordinary user.
FROM debian:12-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock ./
RUN python3 -m venv /opt/mindfulcrm \
 && /opt/mindfulcrm/bin/python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md ./
COPY alembic ./alembic
COPY crm_app ./crm_app
COPY scripts/write_bill_of_materials.py ./scripts/
RUN /opt/mindfulcrm/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/mindfulcrm/bin/python -m compileall -q /opt/mindfulcrm/lib \
 && /opt/mindfulcrm/bin/python scripts/write_bill_of_materials.py requirements.lock /opt/mindfulcrm/share/mindfulcrm/bill-of-materials.cdx.json

FROM debian:12-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin mindfulcrm
COPY --from=build /opt/mindfulcrm /opt/mindfulcrm
ENV PATH=/opt/mindfulcrm/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MINDFULCRM_DATA_DIR=/data \
    MINDFULCRM_PORT=8080
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python3", "-c", "import sys, urllib.request as u; sys.exit(u.urlopen('http://127.0.0.1:8080/readyz', timeout=4).status != 200)"]
ENTRYPOINT ["mindfulcrm"]
CMD ["run", "--no-browser"]

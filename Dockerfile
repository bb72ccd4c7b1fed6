FROM python:3.11-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir "uv>=0.9"
WORKDIR /src

# The dependencies first: they change seldom, and so their layer is seldom built.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN UV_PROJECT_ENVIRONMENT=/opt/sportello uv sync --quiet --frozen --no-dev --no-install-project

COPY src src
COPY migrations migrations
COPY web/embed web/embed
RUN uv build --quiet --wheel --out-dir dist
RUN uv pip install --quiet --python /opt/sportello --no-deps dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 sportello \
 && install --directory --owner sportello --mode 755 /var/lib/sportello
COPY --from=build /opt/sportello /opt/sportello
ENV PATH=/opt/sportello/bin:$PATH \
    SPORTELLO_HOST=0.0.0.0 \
    SPORTELLO_DATA_FOLDER=/var/lib/sportello
USER sportello
VOLUME /var/lib/sportello
EXPOSE 8000 2525
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["sportello"]
CMD ["serve"]

# The course in a container, for Windows and macOS. README.md says how to start it.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends \
    ca-certificates git iproute2 lsof make python3-venv tcpdump && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 --shell /bin/bash learner && install -d -o learner /course
USER learner
WORKDIR /course
COPY --chown=learner . .
RUN make setup && mkdir -p my
EXPOSE 8888
CMD ["make", "lab", "LAB_ARGS=--ip=0.0.0.0 --port=8888"]

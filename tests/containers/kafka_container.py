"""Kafka from the image of `deploy/images`, started through testcontainers."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.images.context import prepare
from deploy.local.kafka_admin import answers

BASE_IMAGE = os.environ.get("ACCORD_BASE_IMAGE", "debian:bookworm-slim")
TAG = "accord-kafka:test"
READY_SECONDS = 90.0


def docker_client() -> Any:
    """A client of a Docker engine that answers; where there is none, these tests belong elsewhere."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=300)
        client.ping()
    except (DockerException, OSError) as error:
        pytest.skip(f"elsewhere: no Docker engine answers ({type(error).__name__})")
    return client


def build_image(client: Any) -> str:
    """Build the image on `ACCORD_BASE_IMAGE`; its layers are cached by the engine."""
    from docker.errors import DockerException, ImageNotFound

    try:
        client.images.get(BASE_IMAGE)
    except ImageNotFound:
        try:
            client.images.pull(*BASE_IMAGE.rsplit(":", 1))
        except DockerException as error:
            pytest.skip(f"elsewhere: the base image {BASE_IMAGE} is not to be had ({type(error).__name__})")
    with tempfile.TemporaryDirectory(prefix="accord-image-") as folder:
        context = prepare(Path(folder) / "context")
        client.images.build(path=str(context), tag=TAG, buildargs={"BASE_IMAGE": BASE_IMAGE}, rm=True)
    return TAG


@contextmanager
def kafka_in_a_container(image: str) -> Iterator[tuple[str, str]]:
    """A running broker: its address on loopback and the admin's password."""
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # its image is not to be had everywhere
    from testcontainers.core.container import DockerContainer

    password = secrets.token_urlsafe(24)
    container = DockerContainer(image).with_env("KAFKA_ADMIN_PASSWORD", password)
    container.ports = {"9092/tcp": ("127.0.0.1",)}  # type: ignore[dict-item]  # a free port, on loopback only
    container.start()
    try:
        bootstrap = f"127.0.0.1:{container.get_exposed_port(9092)}"
        told = container.exec(["sh", "-c", f"echo {bootstrap} > /run/accord/advertised"])
        assert told.exit_code == 0, told.output
        limit = time.monotonic() + READY_SECONDS
        while not answers(bootstrap, "admin", password):
            logs = b"".join(container.get_logs()).decode("utf-8", "replace")[-2000:]
            running = container.get_wrapped_container().status
            container.get_wrapped_container().reload()
            assert running != "exited", logs
            assert time.monotonic() < limit, f"not ready after {READY_SECONDS:.0f} s: {logs}"
            time.sleep(0.2)
        yield bootstrap, password
    finally:
        container.stop()

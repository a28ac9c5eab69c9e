"""The broker's settings: one KRaft node with SCRAM users and ACLs; for the local platform and the image alike."""

from __future__ import annotations

ADMIN = "admin"
#: Measured: with these flags up in about two seconds, else seven to ten.
JVM_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m", "-XX:-UsePerfData")
#: With what was kept of an earlier start (`quick_start`): no compiled adapters, many of which the JVM takes for
#: others and says so in Kafka's log.
KEPT_FLAGS = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching")

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


def server_properties(
    *,
    listen: str,
    advertised: str,
    controller: str,
    admin_password: str,
    controller_password: str,
    log_dir: str,
) -> str:
    """The text of `server.properties`. `listen`, `advertised` and `controller` are `host:port`."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
    table = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"CLIENT://{listen},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{advertised}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "sasl.enabled.mechanisms": "SCRAM-SHA-256",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
        # SCRAM cannot start a controller: its users lie in the log that the controller is to open.
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.scram-sha-256.sasl.jaas.config": (
            f'{scram} required username="{ADMIN}" password="{admin_password}";'
        ),
        "listener.name.controller.plain.sasl.jaas.config": (
            f'{plain} required username="controller" password="{controller_password}"'
            f' user_controller="{controller_password}";'
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMIN};User:controller",
        "log.dirs": log_dir,
        **_ONE_NODE,
    }
    return "".join(f"{key}={value}\n" for key, value in table.items())

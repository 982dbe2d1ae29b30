"""What the broker is told: server.properties, with paths relative to its folder."""

from __future__ import annotations

from typing import Any

_ALWAYS = """\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
log.dirs=data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# After a kill the broker is let back in once its old session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Tests see members join, leave and die, topics compacted and records expire without waiting minutes.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.initial.task.delay.ms=1000
log.retention.check.interval.ms=1000
log.cleaner.backoff.ms=1000
log.cleaner.dedupe.buffer.size=16777216
"""

_SECURE = """\
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={scram} required;
listener.name.sasl_plaintext.plain.sasl.jaas.config={plain} required user_{user}="{password}";
ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location=certificates/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=certificates/ca.pem
"""


def server_properties(ports: dict[str, int], user: str, password: str) -> str:
    """The text of server.properties; ports by listener (PLAINTEXT, CONTROLLER, and maybe SASL_PLAINTEXT, SSL)."""
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    text = f"{_ALWAYS}controller.quorum.voters=1@127.0.0.1:{ports['CONTROLLER']}\nlisteners={listeners}\n"
    if "SSL" not in ports:
        return text
    login = "org.apache.kafka.common.security"
    return text + _SECURE.format(scram=f"{login}.scram.ScramLoginModule", plain=f"{login}.plain.PlainLoginModule",
                                 user=user, password=password)  # fmt: skip


def facts(ports: dict[str, int], folder: str, user: str) -> dict[str, Any]:
    """What a client needs to know, as `broker.json` has it."""
    told: dict[str, Any] = {"bootstrap": f"127.0.0.1:{ports['PLAINTEXT']}", "log": f"{folder}/broker.log",
                            "ports": ports}  # fmt: skip
    if "SSL" in ports:
        told["sasl"] = {"bootstrap": f"127.0.0.1:{ports['SASL_PLAINTEXT']}", "mechanisms": ["SCRAM-SHA-512", "PLAIN"],
                        "user": user, "password_file": f"{folder}/password"}  # fmt: skip
        pems = f"{folder}/certificates"
        told["ssl"] = {"bootstrap": f"127.0.0.1:{ports['SSL']}", "ca": f"{pems}/ca.pem",
                       "certificate": f"{pems}/client.pem", "key": f"{pems}/client-key.pem"}  # fmt: skip
    return told

"""amqps: what is verified, and a gateway that is known by its certificate alone."""
import re

from certificates import Authority
from harness import Client, Gateway, Test, eventually, free_port, in_loop, want, want_equal
from rabbitmq import Pika, RabbitMQ

ROOM = "foo.bar@rooms.localhost"


def config(url, protocol="amqp-0-9-1", **more):
    profile = {"profile": "rabbitmq"} if protocol == "amqp-1.0" else {}
    broker = {"url": url, "protocol": protocol, **profile, **{key: str(value) for key, value in more.items()}}
    return {"login": "open", "brokers": {"main": broker}, "rules": [{"room": "{name}", "topic": "{name}"}]}


async def both_ways(test, broker, url, **more):
    gateway = Gateway(test, config=config(url, **more))
    pika = Pika(broker, "foo.bar")
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(ROOM, "romeo")
    romeo.say(ROOM, "But soft")
    await romeo.heard("But soft")
    pika.wait("But soft")
    pika.publish("foo.bar", "21 degrees")
    await romeo.heard("21 degrees")
    pika.close()
    await romeo.bye()
    want_equal(gateway.stop(), 0, "exit code")
    return re.findall(r"user '(\w+)' authenticated", broker.child.text())


def is_told(test, url, *words, **more):
    """There is no connection, and the reason has these words and the URL without its password."""
    gateway = Gateway(test, config=config(url, **more), ready=False)
    status = eventually(lambda: (s := gateway.status()) and s["brokers"]["main"].get("reason") and s, "a reason")
    reason = status["brokers"]["main"]["reason"]
    for word in words:
        want(word in reason, f"want \"{word}\" in: {reason}")
    gateway.stop()


with Test(limit=200) as test:
    authority, other = Authority(test.path("authority")), Authority(test.path("other"))
    certificate, key = authority.issue("rabbit")
    port = free_port()
    broker = RabbitMQ(test, [f"listeners.ssl.1 = 127.0.0.1:{port}", f"ssl_options.cacertfile = {authority.certificate}",
                             f"ssl_options.certfile = {certificate}", f"ssl_options.keyfile = {key}",
                             "ssl_options.verify = verify_peer", "ssl_options.fail_if_no_peer_cert = false",
                             "ssl_cert_login_from = common_name", "auth_mechanisms.1 = PLAIN", "auth_mechanisms.2 = EXTERNAL"],
                      plugins=("rabbitmq_auth_mechanism_ssl", "rabbitmq_amqp1_0"))
    url = f"amqps://localhost:{port}"
    files, stranger = authority.issue("gateway"), authority.issue("stranger")
    broker.ctl("add_user", "gateway", "unused")
    for protocol in ("amqp-0-9-1", "amqp-1.0"):
        # The plugin's queues are called by the broker.
        ours = r"(mucbridge\..*|amq\.gen.*)" if protocol == "amqp-1.0" else r"mucbridge\..*"
        broker.ctl("set_permissions", "gateway", f"^{ours}$", rf"^({ours}|amq\.topic)$", rf"^({ours}|amq\.topic)$")
        with test.case(f"TLS, and a login by password: {protocol}"):
            users = in_loop(both_ways(test, broker, f"amqps://guest:guest@localhost:{port}", protocol=protocol, ca_file=authority.certificate))
            want("guest" in users, f"who is connected: {users}")
        with test.case(f"a login by certificate: {protocol}"):
            already = len(users)
            users = in_loop(both_ways(test, broker, url, protocol=protocol, ca_file=authority.certificate, certificate=files[0], key=files[1]))
            want("gateway" in users[already:], f"who is connected: {users}")
        with test.case(f"a certificate of somebody whom the broker does not know: {protocol}"):
            is_told(test, url, url, protocol=protocol, ca_file=authority.certificate, certificate=stranger[0], key=stranger[1])
        with test.case(f"an authority that nobody knows, and no certificate at all: {protocol}"):
            is_told(test, url, url, "certificate verify failed", protocol=protocol, ca_file=other.certificate)
            is_told(test, f"amqps://localhost:{broker.port}", "TLS", protocol=protocol)
        with test.case(f"a wrong password: {protocol}"):
            words = "ACCESS_REFUSED" if protocol == "amqp-0-9-1" else "unauthorized-access"
            is_told(test, f"amqps://guest:wrong@localhost:{port}", words, protocol=protocol, ca_file=authority.certificate)
    with test.case("a virtual host that is not there"):
        is_told(test, f"amqp://guest:guest@127.0.0.1:{broker.port}/nowhere", "nowhere")

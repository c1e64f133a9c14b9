"""amqps: what is verified, and a gateway that is known by its certificate alone."""
from certificates import Authority
from harness import Client, Gateway, Test, eventually, free_port, in_loop, want, want_equal
from rabbitmq import Pika, RabbitMQ

ROOM = "foo.bar@rooms.localhost"


def config(url, **more):
    return {"login": "open", "brokers": {"main": {"url": url, **{key: str(value) for key, value in more.items()}}},
            "rules": [{"room": "{name}", "topic": "{name}"}]}


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
    users = broker.ctl("list_connections", "--no-table-headers", "user", "ssl", "auth_mechanism")
    pika.close()
    await romeo.bye()
    want_equal(gateway.stop(), 0, "exit code")
    return [line.split("\t") for line in users.splitlines()]


def is_told(test, url, *words, **more):
    """There is no connection, and the reason has these words and the URL without its password."""
    gateway = Gateway(test, config=config(url, **more), ready=False)
    status = eventually(lambda: (s := gateway.status()) and s["brokers"]["main"].get("reason") and s, "a reason")
    reason = status["brokers"]["main"]["reason"]
    for word in words:
        want(word in reason, f"want \"{word}\" in: {reason}")
    gateway.stop()


with Test(limit=150) as test:
    authority, other = Authority(test.path("authority")), Authority(test.path("other"))
    certificate, key = authority.issue("rabbit")
    port = free_port()
    broker = RabbitMQ(test, [f"listeners.ssl.1 = 127.0.0.1:{port}", f"ssl_options.cacertfile = {authority.certificate}",
                             f"ssl_options.certfile = {certificate}", f"ssl_options.keyfile = {key}",
                             "ssl_options.verify = verify_peer", "ssl_options.fail_if_no_peer_cert = false",
                             "ssl_cert_login_from = common_name", "auth_mechanisms.1 = PLAIN", "auth_mechanisms.2 = EXTERNAL"],
                      plugins=("rabbitmq_auth_mechanism_ssl",))
    url = f"amqps://localhost:{port}"
    with test.case("TLS, and a login by password"):
        rows = in_loop(both_ways(test, broker, f"amqps://guest:guest@localhost:{port}", ca_file=authority.certificate))
        want(["guest", "true", "PLAIN"] in rows, f"who is connected: {rows}")
    with test.case("a login by certificate"):
        files = authority.issue("gateway")
        broker.ctl("add_user", "gateway", "unused")
        broker.ctl("set_permissions", "gateway", r"^mucbridge\..*", r"^(mucbridge\..*|amq\.topic)$", r"^(mucbridge\..*|amq\.topic)$")
        rows = in_loop(both_ways(test, broker, url, ca_file=authority.certificate, certificate=files[0], key=files[1]))
        want(["gateway", "true", "EXTERNAL"] in rows, f"who is connected: {rows}")
    with test.case("a certificate of somebody whom the broker does not know"):
        files = authority.issue("stranger")
        is_told(test, url, url, ca_file=authority.certificate, certificate=files[0], key=files[1])
    with test.case("an authority that nobody knows, and no certificate at all"):
        is_told(test, url, url, "certificate verify failed", ca_file=other.certificate)
        is_told(test, f"amqps://localhost:{broker.port}", "TLS")
    with test.case("a wrong password"):
        is_told(test, f"amqps://guest:wrong@localhost:{port}", "ACCESS_REFUSED", ca_file=authority.certificate)
    with test.case("a virtual host that is not there"):
        is_told(test, f"amqp://guest:guest@127.0.0.1:{broker.port}/nowhere", "nowhere")

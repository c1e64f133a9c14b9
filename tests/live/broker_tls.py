"""mqtts: what is verified, what is said to a broker, and in what words it is told why there is no TLS with it."""
import socket
import ssl
import threading

from certificates import Authority
from harness import Gateway, Mosquitto, Test, eventually, free_port, want, want_equal


def secure(test, files, *more):
    """A broker whose one listener speaks TLS with this certificate and key."""
    certificate, key = files
    extra = [f"certfile {certificate}", f"keyfile {key}", *more]
    return Mosquitto(test, extra=extra)


def config(url, **more):
    return {"brokers": {"main": {"url": url, **{key: str(value) for key, value in more.items()}}},
            "rules": [{"room": "{name}", "topic": "{name}"}]}


def connects(test, url, **more):
    gateway = Gateway(test, config=config(url, **more))
    want_equal(gateway.broker_state(), "up", "the broker's state")
    want_equal(gateway.stop(), 0, "exit code")


def is_told(test, url, *words, **more):
    """There is no connection, and the reason has these words and the URL."""
    gateway = Gateway(test, config=config(url, **more), ready=False)
    status = eventually(lambda: (s := gateway.status()) and s["brokers"]["main"].get("reason") and s, "a reason")
    reason = status["brokers"]["main"]["reason"]
    for word in (url, *words):
        want(word in reason, f"want \"{word}\" in: {reason}")
    want(f"{words[0]}" in gateway.log(), f"the log has it too: {gateway.log()}")
    gateway.stop()


def name_asked_for(host):
    """A port where one client is asked for the server name that it wants, and a list that gets it."""
    names, context, listener = [], ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), socket.create_server(("127.0.0.1", 0))
    context.sni_callback = lambda connection, name, its: names.append(name) or ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    def serve():
        connection, _ = listener.accept()
        try:
            context.wrap_socket(connection, server_side=True)
        except (ssl.SSLError, OSError):
            connection.close()
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1], names


with Test(limit=150) as test:
    authority = Authority(test.path("authority"))
    other = Authority(test.path("other"))
    good, ca = authority.issue("good"), authority.certificate
    with test.case("a broker whose certificate the configured authority signed, by name and by address"):
        broker = secure(test, good)
        connects(test, f"mqtts://localhost:{broker.port}", ca_file=ca)
        connects(test, f"mqtts://127.0.0.1:{broker.port}", ca_file=ca)
    with test.case("an authority that nobody knows: verified by default"):
        broker = secure(test, good)
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate verify failed", "local issuer")
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate verify failed", ca_file=other.certificate)
    with test.case("a self-signed certificate: refused, taken where it is itself trusted, or where nothing is verified"):
        files = authority.self_signed("alone")
        broker = secure(test, files)
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate verify failed", "self-signed")
        connects(test, f"mqtts://localhost:{broker.port}", ca_file=files[0])
        unverified = config(f"mqtts://localhost:{broker.port}")
        unverified["brokers"]["main"]["verify"] = False
        gateway = Gateway(test, config=unverified)
        want_equal(gateway.broker_state(), "up", "the broker's state")
        gateway.stop()
    with test.case("a certificate for another host"):
        broker = secure(test, authority.issue("elsewhere", "DNS:elsewhere.example,IP:192.0.2.1"))
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate verify failed", "hostname mismatch", ca_file=ca)
        is_told(test, f"mqtts://127.0.0.1:{broker.port}", "certificate verify failed", "IP address mismatch", ca_file=ca)
    with test.case("a certificate that has expired, and one that is not yet valid"):
        broker = secure(test, authority.issue("expired", start="20200101000000Z", end="20200201000000Z"))
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate has expired", ca_file=ca)
        broker = secure(test, authority.issue("early", start="20980101000000Z", end="20990101000000Z"))
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate is not yet valid", ca_file=ca)
    with test.case("a broker that wants a certificate of ours"):
        broker = secure(test, good, f"cafile {ca}", "require_certificate true")
        certificate, key = authority.issue("gateway")
        is_told(test, f"mqtts://localhost:{broker.port}", "certificate required", ca_file=ca)
        connects(test, f"mqtts://localhost:{broker.port}", ca_file=ca, certificate=certificate, key=key)
        stranger = other.issue("stranger")
        is_told(test, f"mqtts://localhost:{broker.port}", "unknown ca", ca_file=ca, certificate=stranger[0], key=stranger[1])
    with test.case("a broker that speaks no TLS, and one that is not there"):
        is_told(test, f"mqtts://localhost:{Mosquitto(test).port}", "TLS: ")
        is_told(test, f"mqtts://localhost:{free_port()}", "refused")
    with test.case("a broker that speaks TLS, asked without"):
        is_told(test, f"mqtt://localhost:{secure(test, good).port}", "closed the connection before it answered")
    with test.case("a file that holds something else is named"):
        broker = secure(test, good)
        is_told(test, f"mqtts://localhost:{broker.port}", f"{good[1]}: ", ca_file=good[1])
    with test.case("the broker is told which name is wanted (SNI)"):
        port, names = name_asked_for("localhost")
        gateway = Gateway(test, config=config(f"mqtts://localhost:{port}", ca_file=ca), ready=False)
        want_equal(eventually(lambda: names, "a name is asked for"), ["localhost"], "the server name")

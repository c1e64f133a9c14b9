"""Every way to log in, by SASL's other implementations: GNU SASL, and what slixmpp has; and accounts that change."""
import base64
import hashlib
import re
import sqlite3
import threading
import time

from harness import Mosquitto, Test, eventually, run, want, want_equal
from sasl_clients import gsasl, slix
from secured import PASSWORD, House, Stream

HASHES = ("SCRAM-SHA-256", "SCRAM-SHA-1")
REFUSED = "<not-authorized/></failure>"  # no word of what was wrong


def tried(house, mechanism, client, **how):
    """`client` is made of the stream."""
    stream = Stream(house, **how)
    try:
        return stream.log_in(mechanism, client(stream))
    finally:
        stream.close()


def let_in(house, mechanism, client, **how):
    want_equal(tried(house, mechanism, client, **how), "success", f"{mechanism} {how}")


def refused(house, words, mechanism, client, **how):
    answer = tried(house, mechanism, client, **how)
    want(words in answer, f"{mechanism} {how}: want {words}, got {answer}")


def by_scram(house, how):
    for mechanism in HASHES:
        let_in(house, mechanism, lambda _: gsasl(mechanism), **how)
        let_in(house, mechanism, lambda _: gsasl(mechanism, authzid=b"romeo@localhost"), **how)
        refused(house, "<invalid-authzid/>", mechanism, lambda _: gsasl(mechanism, authzid=b"juliet@localhost"), **how)
        refused(house, REFUSED, mechanism, lambda _: gsasl(mechanism, password="wrong"), **how)
        refused(house, REFUSED, mechanism, lambda _: gsasl(mechanism, name="nobody"), **how)
        plus = mechanism + "-PLUS"
        for kind in ("tls-exporter", "tls-unique"):
            let_in(house, plus, lambda s: gsasl(plus, bindings={kind: s.bindings()[kind]}), **how)
        refused(house, "<not-authorized/>", plus, lambda s: gsasl(plus, bindings={"tls-exporter": b"x" * 32}), **how)
        let_in(house, plus, lambda s: slix(plus, s.bindings()["tls-server-end-point"], "tls-server-end-point"), **how)
        let_in(house, plus, lambda s: slix(plus, s.bindings()["tls-unique"]), **how)
        # Who could bind and was told that we cannot: somebody is between us [RFC 5802 §6].
        refused(house, "<not-authorized/>", mechanism, lambda s: slix(mechanism, s.bindings()["tls-unique"]), **how)
    let_in(house, "PLAIN", lambda _: gsasl("PLAIN"), **how)
    refused(house, REFUSED, "PLAIN", lambda _: gsasl("PLAIN", password="wrong"), **how)


def offers_hash(house):
    """XEP-0474 §6.1, by what the features say."""
    stream = Stream(house)
    mechanisms = re.findall("<mechanism>([^<]*)</mechanism>", stream.features)
    bindings = re.findall("<channel-binding type='([^']*)'", stream.features)
    want_equal(sorted(bindings), ["tls-exporter", "tls-server-end-point"], "what is offered to bind to [XEP-0440]")
    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>"
                + base64.b64encode(b"n,,n=romeo,r=abc").decode() + "</auth>")
    first = base64.b64decode(re.search(">([^<]*)</challenge>", stream.answer()).group(1)).decode()
    text = "\x1e".join(sorted(mechanisms)) + "\x1f" + "\x1e".join(sorted(bindings))
    want_equal(first.partition(",h=")[2], base64.b64encode(hashlib.sha256(text.encode()).digest()).decode(), "h=")


def by_certificate(house):
    own = house.authority.issue("romeo", "otherName:1.3.6.1.5.5.7.8.5;UTF8:romeo@localhost")
    stranger = house.authority.self_signed("stranger")
    let_in(house, "EXTERNAL", lambda _: gsasl("EXTERNAL", authzid=b""), certificate=own)
    let_in(house, "EXTERNAL", lambda _: gsasl("EXTERNAL", authzid=b"romeo@localhost"), certificate=own, tls="1.2")
    refused(house, "<invalid-authzid/>", "EXTERNAL", lambda _: gsasl("EXTERNAL", authzid=b"juliet@localhost"), certificate=own)
    stream = Stream(house, certificate=stranger)
    want("EXTERNAL" not in stream.features, "not offered to a stranger")
    want("<not-authorized/>" in stream.log_in("EXTERNAL", gsasl("EXTERNAL", authzid=b"")), "nor granted")
    want_equal(stream.log_in("PLAIN", gsasl("PLAIN")), "success", "whose password counts all the same")


def accounts_change(house):
    """Seen at once, while it runs."""
    refused(house, REFUSED, "PLAIN", lambda _: gsasl("PLAIN", name="nurse"))
    house.account("add", "Nurse")
    let_in(house, "SCRAM-SHA-1", lambda _: gsasl("SCRAM-SHA-1", name="nurse"))
    house.account("add", "nurse", code=69)
    house.account("password", "nurse", password="another")
    refused(house, REFUSED, "PLAIN", lambda _: gsasl("PLAIN", name="nurse"))
    let_in(house, "PLAIN", lambda _: gsasl("PLAIN", name="nurse", password="another"))
    want_equal(house.account("list").split(), ["juliet", "nurse", "romeo"], "the list")
    house.account("remove", "nurse")
    refused(house, REFUSED, "PLAIN", lambda _: gsasl("PLAIN", name="nurse", password="another"))
    adding = [threading.Thread(target=house.account, args=("add", f"many{n}")) for n in range(8)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    want_equal(sum(name.startswith("many") for name in house.account("list").split()), 8, "added at once")


def database_is_away(house):
    """Who logs in is told to try again, and may as soon as it is back."""
    holder = sqlite3.connect(house.state / "mucbridge.db", isolation_level=None)
    holder.execute("ALTER TABLE verifier RENAME TO taken_away")
    refused(house, "<temporary-auth-failure/>", "PLAIN", lambda _: gsasl("PLAIN"))
    refused(house, "<temporary-auth-failure/>", "SCRAM-SHA-1", lambda _: gsasl("SCRAM-SHA-1"))
    want("nobody can log in" in house.gateway.log(), "the log says so")
    holder.execute("ALTER TABLE taken_away RENAME TO verifier")
    let_in(house, "PLAIN", lambda _: gsasl("PLAIN"))
    holder.execute("BEGIN IMMEDIATE")
    let_in(house, "PLAIN", lambda _: gsasl("PLAIN"))
    words = house.account("add", "late", code=69)
    want("locked" in words, f"who cannot write is told why: {words}")
    holder.execute("ROLLBACK")
    house.account("add", "late")
    holder.close()


def databases_that_are_none(test):
    for what, make in (("newer", lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 99").connection.commit()),
                       ("database", lambda path: path.write_bytes(b"no database at all" * 1000))):
        state = test.path(what)
        run([test.binary, "account", "list", "--state", state])
        make(state / "mucbridge.db")
        code, _, errors = run([test.binary, "account", "list", "--state", state])
        want(code == 69 and "mucbridge.db" in errors and what in errors, f"{what}: {code}: {errors}")


def storm(house):
    """A thousand wrong logins in a minute, from here and for him too: he is let in at once."""
    stop, wrong = threading.Event(), []

    def guess(n):
        while not stop.is_set():
            name = "romeo" if n % 2 else f"guess{n}"
            try:
                wrong.append(tried(house, "PLAIN", lambda _: gsasl("PLAIN", name=name, password="guess")))
            except Exception:
                if not stop.is_set():
                    raise
    threads = [threading.Thread(target=guess, args=(n,), daemon=True) for n in range(50)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(wrong) >= 50, "guesses are answered")
    for _ in range(3):
        started = time.monotonic()
        let_in(house, "SCRAM-SHA-256", lambda _: gsasl("SCRAM-SHA-256"))
        let_in(house, "PLAIN", lambda _: gsasl("PLAIN"))
        want(time.monotonic() - started < 10, "both within 5 s each")
    stop.set()
    want(all(REFUSED in each for each in wrong), f"every guess is refused alike: {set(wrong)}")
    want(house.gateway.status()["limits"]["refused_logins"] >= 50, "and counted")


def by_the_broker(test):
    """What Apache ActiveMQ's connector had: the broker's own users."""
    broker = Mosquitto(test, users={"gateway": "g", "romeo": PASSWORD})
    house = House(test, broker=f"mqtt://gateway:g@127.0.0.1:{broker.port}", login="broker", accounts=())
    want_equal(re.findall("<mechanism>([^<]*)</mechanism>", Stream(house).features), ["PLAIN"], "what is offered")
    let_in(house, "PLAIN", lambda _: gsasl("PLAIN"))
    refused(house, REFUSED, "PLAIN", lambda _: gsasl("PLAIN", password="wrong"))
    refused(house, REFUSED, "PLAIN", lambda _: gsasl("PLAIN", name="nobody"))
    broker.stop()
    refused(house, "<temporary-auth-failure/>", "PLAIN", lambda _: gsasl("PLAIN"))


def of_old(test):
    """jabber:iq:auth, by an option [XEP-0078]."""
    house = House(test, legacy_auth=True)
    stream = Stream(house)
    want("<auth xmlns='http://jabber.org/features/iq-auth'/>" in stream.features, "the feature")
    stream.send("<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>romeo</username>"
                f"<password>{PASSWORD}</password><resource>r</resource></query></iq>")
    want("type='result'" in stream.until(b">"), "it logs in")
    stream.send("<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    want("to='romeo@localhost/r'" in stream.until(b"/>"), "and is bound")
    before = Stream(house, tls=None, direct=False)
    want("iq-auth" not in before.clear_features, "not before TLS")


def before_tls(house):
    stream = Stream(house, tls=None, direct=False)
    want("<required/>" in stream.clear_features and "mechanism" not in stream.clear_features, f"{stream.clear_features}")
    want("<encryption-required/>" in stream.log_in("PLAIN", gsasl("PLAIN")), "no password in the clear")
    stream = Stream(house, tls=None, direct=False)
    want("<encryption-required/>" in stream.log_in("SCRAM-SHA-1", gsasl("SCRAM-SHA-1")), "nor a proof")


with Test(limit=190) as test:
    house = House(test)
    for tls in ("1.3", "1.2"):
        for direct in (True, False):
            with test.case(f"each mechanism under TLS {tls}, {'direct' if direct else 'STARTTLS'} [RFC 5802, RFC 9266]"):
                by_scram(house, {"tls": tls, "direct": direct})
    with test.case("what was offered is signed with the rest [XEP-0474]"):
        offers_hash(house)
    with test.case("by a client's certificate [XEP-0178]"):
        by_certificate(house)
    with test.case("no mechanism before TLS where it is required [RFC 6120 §13.8.3]"):
        before_tls(house)
    with test.case("accounts are added, changed and removed while it runs"):
        accounts_change(house)
    with test.case("a storm of wrong passwords delays no right one"):
        storm(house)
    with test.case("the accounts cannot be read, or not be written: try again"):
        database_is_away(house)
    with test.case("a database that is none, or of a newer version, is told by name"):
        databases_that_are_none(test)
    with test.case("the broker judges [K11]"):
        by_the_broker(test)
    with test.case("the login of before XMPP 1.0 [XEP-0078, K14]"):
        of_old(test)

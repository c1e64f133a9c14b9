"""The client's side of SASL, by implementations that are not the gateway's: GNU SASL's, and what slixmpp has."""
import base64
import ctypes

from harness import want, want_equal
from secured import PASSWORD
from slixmpp.util import sasl as slixmpp_sasl

GSASL = ctypes.CDLL("libgsasl.so.18")
GSASL.gsasl_strerror_name.restype = ctypes.c_char_p
AUTHID, AUTHZID, SECRET, TLS_UNIQUE, TLS_EXPORTER = 1, 2, 3, 18, 25


def gsasl(mechanism, name="romeo", password=PASSWORD, authzid=None, bindings=None):
    """GNU SASL's client: a response for each challenge."""
    context, session = ctypes.c_void_p(), ctypes.c_void_p()
    want_equal(GSASL.gsasl_init(ctypes.byref(context)), 0, "gsasl_init")
    want_equal(GSASL.gsasl_client_start(context, mechanism.encode(), ctypes.byref(session)), 0, f"gsasl has {mechanism}")
    properties = {AUTHID: name.encode(), SECRET: password.encode(), AUTHZID: authzid}
    for key, binding in ((TLS_EXPORTER, "tls-exporter"), (TLS_UNIQUE, "tls-unique")):
        if bindings and binding in bindings:
            properties[key] = base64.b64encode(bindings[binding])
    for key, value in properties.items():
        if value is not None:
            GSASL.gsasl_property_set(session, key, value)

    def step(challenge):
        out, size = ctypes.c_void_p(), ctypes.c_size_t()
        code = GSASL.gsasl_step(session, challenge, ctypes.c_size_t(len(challenge)), ctypes.byref(out), ctypes.byref(size))
        want(code in (0, 1), f"gsasl says {GSASL.gsasl_strerror_name(code)}")
        return ctypes.string_at(out, size.value) if size.value else b""
    return step


def slix(mechanism, binding=b"", kind=None):
    """slixmpp's client; `kind` of binding other than its own, which is tls-unique."""
    credentials = {"username": b"romeo", "password": PASSWORD.encode(), "channel_binding": binding, "authzid": b""}
    chosen = slixmpp_sasl.choose([mechanism], lambda *_: credentials, lambda values: dict.fromkeys(values, True))

    def step(challenge):
        if kind and chosen.step == 0:
            chosen.process()
            chosen.gs2_header = f"p={kind},,".encode()
            return chosen.gs2_header + chosen.client_first_message_bare
        return chosen.process(challenge)
    return step

"""An XMPP stream as fast as Python's expat allows: stanzas come as flat notes of what these tests look at."""
import asyncio
from xml.parsers import expat

KEPT_TEXTS = {"body", "text"}


class Stanza:
    """`inside`: the attributes of every element in it by name, the last of a name; `conditions`: the children of <error/>."""
    __slots__ = ("name", "attributes", "inside", "texts", "statuses")

    def __init__(self, name, attributes):
        self.name, self.attributes = name, attributes
        self.inside, self.texts, self.statuses = {}, {}, []

    def __getitem__(self, name):
        return self.attributes.get(name, "")

    @property
    def error(self):
        """'condition: text' of an error stanza."""
        known = set(self.inside) - {"error", "text", "body", "x", "c", "query", "ping"}
        return " ".join(sorted(known)) + ": " + self.texts.get("text", "")


class Stream(asyncio.Protocol):
    HEADER = ("<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
              "xmlns:stream='http://etherx.jabber.org/streams'>").encode()

    def __init__(self, on_stanza, on_closed):
        self.on_stanza, self.on_closed = on_stanza, on_closed
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(1 << 30)
        self.open()

    def connection_lost(self, error):
        self.on_closed(self)

    def open(self):
        """A header of ours, and so another document from them."""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.depth, self.stanza, self.name = 0, None, ""
        self.transport.write(self.HEADER)

    def data_received(self, data):
        try:
            self.parser.Parse(data)
        except expat.ExpatError:
            self.transport.abort()

    def start(self, name, attributes):
        self.depth += 1
        if self.depth == 2:
            self.stanza = Stanza(name, attributes)
        elif self.depth > 2:
            self.name = name
            self.stanza.inside[name] = attributes
            if name == "status":
                self.stanza.statuses.append(attributes.get("code"))

    def end(self, name):
        self.depth -= 1
        self.name = ""
        if self.depth == 1:
            self.on_stanza(self.stanza)

    def characters(self, text):
        if self.name in KEPT_TEXTS:
            self.stanza.texts[self.name] = self.stanza.texts.get(self.name, "") + text

    def write(self, text):
        self.transport.write(text.encode())

    def abort(self):
        if self.transport:
            self.transport.abort()

    @property
    def is_open(self):
        return self.transport is not None and not self.transport.is_closing()

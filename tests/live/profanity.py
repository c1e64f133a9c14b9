"""A real person's client: profanity in tmux joins foo.bar, sees a line from mosquitto_pub, types one that arrives once."""
from clients import Profanity
from harness import Gateway, Mosquitto, Test, eventually, want_equal

with Test(limit=120) as test:
    broker = Mosquitto(test)
    gateway = Gateway(test, broker=broker)
    sub = broker.subscribe("foo/bar")
    with test.case("profanity joins foo.bar, sees a line from mosquitto_pub, types one that mosquitto_sub sees once"):
        person = Profanity(test, gateway, "romeo")
        person.login()
        person.shows("romeo@localhost")
        person.type("/join foo.bar@rooms.localhost")
        person.shows("You have joined the room as romeo")
        eventually(lambda: (gateway.status() or {}).get("occupants") == 1, "one occupant")
        broker.publish("foo/bar", "hello from the topic")
        person.shows("hello from the topic")
        person.type("hello from a person")
        sub.wait("hello from a person")
        eventually(lambda: person.lines("hello from a person"), "profanity shows its own line")
        broker.publish("foo/bar", "the end")
        person.shows("the end")
        for text in ("hello from the topic", "hello from a person", "the end"):
            want_equal(len(person.lines(text)), 1, f"how often the screen shows {text!r}:\n{person.screen()}\n")
        sub.wait_for(3)
        want_equal(sub.payloads(), ["hello from the topic", "hello from a person", "the end"], "what mosquitto_sub saw")
        print(person.screen().rstrip())
        with test.case("two people in profanity hear each other once"):
            other = Profanity(test, gateway, "juliet")
            other.login()
            other.type("/join foo.bar@rooms.localhost")
            person.shows("juliet has joined the room")
            other.type("good night, good night")
            person.shows("good night, good night")
            person.type("parting is such sweet sorrow")
            other.shows("parting is such sweet sorrow")
            for text in ("good night, good night", "parting is such sweet sorrow"):
                for one in (person, other):
                    want_equal(len(one.lines(text)), 1, f"how often {one.name} sees {text!r}:\n{one.screen()}\n")
            other.type("/close")
            person.shows("juliet has left the room")
        person.type("/quit")
        # A session that was not ended in order waits to be resumed, in no room.
        eventually(lambda: (gateway.status() or {}).get("occupants") == 0, "nobody is in the room")

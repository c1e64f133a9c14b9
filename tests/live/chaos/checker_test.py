"""The checker finds each kind of wrong, and only that."""
import sys
import unittest

from checker import KINDS, check
from ledger import Ledger, Line


class Talk:
    """A ledger of one room, in which everything went well until a test spoils it."""

    def __init__(self, lines=6, persistent=True):
        self.ledger = Ledger()
        if persistent:
            self.ledger.persistent = {"room"}
        self.topic = self.ledger.observe(name="topic", room="room", kind="topic")
        self.here = self.ledger.observe(name="w1 at g0", room="room", kind="occupant", gateway=0, inside_at=0.0)
        self.there = self.ledger.observe(name="w2 at g1", room="room", kind="occupant", gateway=1, inside_at=0.0)
        self.late = self.ledger.observe(name="history of g0", room="room", kind="late", gateway=0)
        self.observers = (self.topic, self.here, self.there, self.late)
        for number in range(lines):
            for writer, kind in ((1, "managed"), (2, "plain")):
                self.say(writer, number, kind)

    def say(self, writer, number, kind="managed", acknowledged="reflected", gateway=0):
        at = 1.0 + number + writer / 10
        self.ledger.send(Line(writer, number, "room", kind, gateway, at))
        if acknowledged:
            self.ledger.acknowledge(writer, number, at + 0.1, acknowledged)
        for observer in self.observers:
            self.see(observer, writer, number, at + 0.1)

    def see(self, observer, writer, number, at, live=None, id=None):
        live = observer is not self.late if live is None else live
        self.ledger.see(observer, f"w{writer} n{number} xx", at, live, id or f"id-{writer}-{number}")

    def line(self, writer, number):
        return self.ledger.lines[writer, number]

    def unsee(self, writer, number, *observers):
        for observer in observers or self.observers:
            observer.sights = [sight for sight in observer.sights if sight.line != (writer, number)]

    def swap(self, observer, first, second):
        a, b = (next(i for i, sight in enumerate(observer.sights) if sight.line == line) for line in (first, second))
        observer.sights[a], observer.sights[b] = observer.sights[b], observer.sights[a]


class CheckerTest(unittest.TestCase):
    def want(self, talk, apart=(), **counts):
        verdict = check(talk.ledger)
        wanted = {kind: counts.get(kind.replace(" ", "_"), 0) for kind in KINDS}
        self.assertEqual({kind: verdict.count(kind) for kind in KINDS}, wanted, verdict.counted)
        self.assertEqual([name for name, findings in verdict.apart.items() if findings], list(apart))
        return verdict

    def test_nothing_is_wrong(self):
        verdict = self.want(Talk())
        self.assertEqual((verdict.compared, verdict.observed), (12, 48))

    def test_an_acknowledged_line_that_is_not_on_the_topic_is_lost(self):
        talk = Talk()
        talk.unsee(1, 3, talk.topic)
        self.want(talk, lost=1)

    def test_an_acknowledged_line_that_is_not_in_the_history_is_lost(self):
        talk = Talk()
        talk.unsee(1, 3, talk.late)
        self.want(talk, lost=1)

    def test_an_acknowledged_line_that_nobody_saw_is_lost_everywhere(self):
        talk = Talk()
        talk.unsee(2, 5)
        self.want(talk, lost=4)

    def test_a_line_that_was_counted_is_as_good_as_a_reflected_one(self):
        talk = Talk()
        talk.say(1, 6, acknowledged="counted")
        talk.unsee(1, 6, talk.there)
        self.want(talk, lost=1)

    def test_a_publishers_line_that_was_taken_is_due_in_every_history(self):
        talk = Talk()
        talk.say(9, 0, "named", acknowledged="taken", gateway=None)
        talk.unsee(9, 0, talk.late)
        self.want(talk, lost=1)

    def test_what_was_not_acknowledged_may_be_lost(self):
        talk = Talk()
        talk.say(1, 6, acknowledged="")
        talk.unsee(1, 6)
        self.want(talk)

    def test_what_was_refused_is_not_lost(self):
        talk = Talk()
        talk.unsee(1, 3)
        talk.ledger.refuse(1, 3, "resource-constraint: full")
        self.want(talk)

    def test_what_was_counted_and_told_not_confirmed_may_be_lost(self):
        talk = Talk()
        talk.say(1, 6, acknowledged="counted")
        talk.line(1, 6).not_confirmed = True
        talk.unsee(1, 6)
        self.want(talk)

    def test_who_came_later_or_is_not_back_misses_nothing(self):
        talk = Talk()
        talk.unsee(1, 0, talk.here)
        talk.here.inside_at = 1.5
        talk.unsee(1, 4, talk.there)
        talk.there.is_back = False
        self.want(talk)

    def test_missed_in_a_room_that_lives_with_its_process_is_told_apart(self):
        talk = Talk(persistent=False)
        talk.unsee(1, 3, talk.here)
        self.want(talk, ["not seen in a room that lives with its process"])

    def test_lost_on_the_topic_of_such_a_room_is_lost(self):
        talk = Talk(persistent=False)
        talk.unsee(1, 3, talk.topic)
        self.want(talk, lost=1)

    def test_what_a_killed_broker_loses_is_told_apart(self):
        talk = Talk()
        talk.unsee(1, 3, talk.topic)
        talk.ledger.broker_was_killed = True
        self.want(talk, ["lost with the broker's kill -9"])

    def test_twice_live_is_twice_also_under_one_id(self):
        talk = Talk()
        talk.see(talk.here, 1, 3, 20)
        self.want(talk, twice=1)

    def test_a_room_that_lives_with_its_process_forgets_with_it(self):
        talk = Talk(persistent=False)
        talk.see(talk.there, 1, 3, 20)
        self.want(talk, twice=1)
        talk.ledger.fault("kill -9 of a gateway", "g1", 10.0)
        self.want(talk, ["seen again in a room that lives with its process"])

    def test_two_ids_are_twice_also_in_the_history(self):
        talk = Talk()
        talk.see(talk.late, 1, 3, 20, id="another")
        self.want(talk, twice=1)

    def test_the_history_of_what_was_seen_is_no_second(self):
        talk = Talk()
        talk.see(talk.here, 1, 3, 20, live=False)
        self.want(talk)

    def test_the_history_of_what_was_seen_under_another_id_is_a_second(self):
        talk = Talk()
        talk.see(talk.here, 1, 3, 20, live=False, id="another")
        self.want(talk, twice=1)

    def test_said_again_by_its_speaker_is_told_apart(self):
        talk = Talk()
        talk.line(1, 3).repeats = 1
        talk.see(talk.here, 1, 3, 20, id="another")
        self.want(talk, ["said again by its speaker, whose session was gone"])

    def test_a_nameless_line_comes_as_often_as_the_broker_delivers_it(self):
        talk = Talk()
        talk.say(9, 0, "nameless", "taken", None)
        talk.see(talk.here, 9, 0, 20, id="another")
        self.want(talk, ["without an id, as often as the broker delivers it"])

    def test_a_publishers_id_is_said_once_however_often_it_is_published(self):
        talk = Talk()
        talk.say(9, 0, "named", "taken", None)
        talk.line(9, 0).repeats = 1
        talk.see(talk.here, 9, 0, 20, id="another")
        self.want(talk, twice=1)

    def test_published_again_under_the_same_id_is_told_apart(self):
        talk = Talk()
        talk.see(talk.topic, 1, 3, 20)
        self.want(talk, ["published again under the same id"])

    def test_published_under_two_ids_is_twice(self):
        talk = Talk()
        talk.see(talk.topic, 1, 3, 20, id="another")
        self.want(talk, twice=1)

    def test_a_writers_lines_out_of_order_are_found_at_that_observer(self):
        talk = Talk()
        talk.swap(talk.late, (1, 2), (1, 3))
        self.want(talk, order=1)

    def test_who_overtakes_many_is_one_out_of_order(self):
        talk = Talk()
        talk.unsee(1, 5, talk.here)
        sights, talk.here.sights = talk.here.sights, []
        talk.see(talk.here, 1, 5, 1.7)
        talk.here.sights += sights
        verdict = check(talk.ledger)
        self.assertEqual([(f.line, f.where) for f in verdict.counted if f.kind == "order"], [("w1 n5", "w1 at g0")])

    def test_a_copy_later_on_is_no_disorder(self):
        talk = Talk()
        talk.see(talk.here, 1, 3, 20, live=False)
        self.want(talk)

    def test_two_observers_who_do_not_agree_are_found(self):
        talk = Talk()
        talk.swap(talk.there, (1, 2), (2, 2))
        self.assertEqual(check(talk.ledger).count("common order"), 2)  # with the topic and with the other occupant

    def test_queues_of_their_own_need_not_agree(self):
        talk = Talk()
        talk.ledger.protocol = "amqp-0-9-1"
        talk.swap(talk.there, (1, 2), (2, 2))
        self.want(talk, ["another order in another queue (AMQP)"])
        talk.there.gateway = talk.here.gateway
        self.assertEqual(check(talk.ledger).count("common order"), 1)

    def test_who_read_one_stream_agree_whatever_their_gateways(self):
        talk = Talk()
        talk.ledger.protocol, talk.ledger.streams = "amqp-0-9-1", True
        talk.swap(talk.there, (1, 2), (2, 2))
        self.assertEqual(check(talk.ledger).count("common order"), 1)
        self.assertIn("another order in another queue (AMQP)", check(talk.ledger).apart)  # the topic's

    def test_around_a_fault_they_need_not_agree(self):
        talk = Talk()
        talk.swap(talk.there, (1, 2), (2, 2))
        fault = talk.ledger.fault("cut", "proxy of g0", 2.5)
        fault.end, fault.settled = 2.6, 3.0
        self.want(talk)

    def test_while_something_waits_they_need_not_agree(self):
        talk = Talk()
        talk.swap(talk.there, (1, 2), (2, 2))
        talk.ledger.unsettled.append((2.9, 3.3))
        self.want(talk)

    def test_what_is_seen_late_has_no_place_in_the_common_order(self):
        talk = Talk()
        talk.unsee(1, 2, talk.there)
        talk.see(talk.there, 1, 2, 9.0)
        talk.unsee(1, 3, talk.there), talk.unsee(1, 4, talk.there), talk.unsee(1, 5, talk.there)
        for number in (3, 4, 5):
            talk.see(talk.there, 1, number, 9.0)
        self.want(talk)

    def test_refused_and_shown_is_found(self):
        talk = Talk()
        talk.ledger.refuse(1, 3, "not-allowed: no")
        self.assertEqual(check(talk.ledger).count("refused but shown"), 4)

    def test_what_nobody_sent_is_found(self):
        talk = Talk()
        talk.see(talk.here, 1, 77, 20)
        self.want(talk, refused_but_shown=1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

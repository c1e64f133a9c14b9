"""One seed, played from the first start to the last history; what came of it is in the ledger."""
import asyncio
import secrets
import time

from clients import LateJoiner, Talker
from faults import Injector
from ledger import Ledger
from machines import Broker, Died, Gateway, Rabbit, is_calm, is_settled
from proxy import Proxy
from publishers import Publisher, Witness

PATIENCE = 90  # s for coming to rest


class World:
    def __init__(self, plan, binary, folder):
        self.plan, self.settings, self.binary, self.folder = plan, plan.settings, binary, folder
        self.ledger = Ledger(plan.settings.protocol, plan.settings.streams)
        self.ledger.persistent = set(plan.persistent)
        self.gateways, self.talkers, self.publishers, self.proxies = [], {}, {}, []
        self.witness = self.monitor = None
        self.deaths = 0

    async def play(self):
        try:
            await self.begin()
            started = time.monotonic()
            self.ledger.started = started
            self.monitor = asyncio.ensure_future(self.watch())
            await asyncio.gather(self.talk(started), Injector(self).run(self.plan.faults, started))
            await self.come_to_rest()
            await self.read_histories()
        except Died as error:
            self.ledger.troubles.append((time.monotonic(), str(error)))
        finally:
            await self.end()
        return self.ledger

    async def begin(self):
        kind = Rabbit if self.settings.protocol.startswith("amqp") else Broker
        self.broker = kind(self.folder / "broker")
        await self.broker.start()
        seal = self.folder / "seal"
        seal.write_text(secrets.token_hex(32) + "\n")
        seal.chmod(0o600)
        for index in range(self.settings.gateways):
            self.proxies.append(Proxy(self.broker.port))
            await self.proxies[-1].start()
            self.gateways.append(Gateway(self.folder / f"g{index}", index, self.binary, self.proxies[-1], seal, self.settings,
                                         self.plan.persistent - self.plan.by_form))
        await asyncio.gather(*(gateway.start() for gateway in self.gateways))
        for gateway in self.gateways:
            while not is_calm(await gateway.status()):
                await asyncio.sleep(0.05)
        self.witness = Witness(self.ledger, self, self.plan.rooms)
        for writer in self.plan.writers:
            if writer.gateway is None:
                self.publishers[writer.number] = Publisher(self.ledger, self, writer.number, writer.room, writer.kind == "named")
            else:
                self.talkers[writer.number] = Talker(self.ledger, self.gateways[writer.gateway], writer.room, writer.number,
                                                     writer.kind == "managed", writer.room in self.plan.by_form)
        await self.until(lambda: self.witness.session.subscribed.is_set() and
                         all(talker.is_inside for talker in self.talkers.values()) and
                         all(publisher.session.connected for publisher in self.publishers.values()) and
                         all(gateway.configured >= self.plan.by_form for gateway in self.gateways),
                         "everybody is inside", 60)

    async def until(self, question, what, patience):
        end = time.monotonic() + patience
        while not question():
            if time.monotonic() > end:
                problems = {talker.problem for talker in self.talkers.values() if talker.problem}
                raise Died(f"not within {patience} s: {what} {problems or ''}")
            await asyncio.sleep(0.05)

    async def talk(self, started):
        for at, writer, number, padding in self.plan.lines:
            if (wait := started + at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            (self.talkers.get(writer) or self.publishers[writer]).say(number, padding)

    async def watch(self):
        """When is all well, and did anybody die of himself?"""
        since = None
        while True:
            for gateway in self.gateways:
                if not gateway.expected_down and gateway.child and not gateway.child.running():
                    await self.raise_dead(gateway)
            began = time.monotonic()
            answers = await asyncio.gather(*(gateway.status(1) for gateway in self.gateways))
            now = time.monotonic()
            if all(is_calm(answer) for answer in answers):
                since = None
                for fault in self.ledger.faults:
                    if fault.end and fault.end < began and fault.settled is None:
                        fault.settled = now
            elif since is None:
                since = began
                self.ledger.unsettled.append([since, float("inf")])
            if since is None and self.ledger.unsettled:
                self.ledger.unsettled[-1][1] = min(self.ledger.unsettled[-1][1], now)
            await asyncio.sleep(0.1)

    async def raise_dead(self, gateway):
        self.deaths += 1
        self.ledger.troubles.append((time.monotonic(), f"{gateway.name} died of itself with {gateway.child.process.poll()}: "
                                     + gateway.child.text()[-500:]))
        if self.deaths > 5:
            raise Died(f"{gateway.name} dies again and again")
        await gateway.start()

    async def come_to_rest(self):
        """Everybody is back, everything is acknowledged, nothing waits, and the topics are silent."""
        end, quiet_since, heard = time.monotonic() + PATIENCE, None, -1
        problem = "nothing"
        while True:
            for talker in self.talkers.values():
                talker.ask()
            statuses = [await gateway.status() for gateway in self.gateways]
            unsettled = [talker.observer.name for talker in self.talkers.values() if not talker.is_settled()]
            unsettled += [f"publisher w{number}" for number, each in self.publishers.items() if not each.session.is_settled]
            sights = sum(len(observer.sights) for observer in self.ledger.observers)
            if not all(is_settled(status) for status in statuses) or unsettled or sights != heard:
                quiet_since = None
                problem = f"{unsettled} {[status and status['brokers'] for status in statuses]}"
            elif quiet_since is None:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > 1.5:
                break
            heard = sights
            if time.monotonic() > end:
                self.ledger.troubles.append((time.monotonic(), f"no rest within {PATIENCE} s: {problem}"))
                break
            await asyncio.sleep(0.2)
        for talker in self.talkers.values():
            talker.observer.is_back = talker.is_inside

    async def read_histories(self):
        for gateway in self.gateways:
            for room in sorted(self.plan.persistent):
                joiner = LateJoiner(self.ledger, f"late-{room}", gateway, room)
                try:
                    await joiner.read(30)
                except (OSError, asyncio.TimeoutError) as error:
                    self.ledger.troubles.append((time.monotonic(), f"no history of {room} from {gateway.name}: {joiner.problem} {error!r}"))

    async def end(self):
        if self.monitor:
            self.monitor.cancel()
        for each in [*self.talkers.values(), *(publisher.session for publisher in self.publishers.values()),
                     *([self.witness.session] if self.witness else [])]:
            await each.stop()
        for gateway in self.gateways:
            if gateway.child:
                gateway.child.kill()
        for proxy in self.proxies:
            await proxy.stop()
        self.broker.child.kill()

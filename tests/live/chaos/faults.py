"""Carries out what the plan says goes wrong, and heals it."""
import asyncio
import signal
import time

from plan import BROKER_KILL, OF_BROKER

NOT_IN_ORDER = 70  # a gateway that could not end within its 5 s, as where the broker is away


class Injector:
    def __init__(self, world):
        self.world, self.ledger = world, world.ledger
        self.locks = {}
        self.tasks = []

    async def run(self, planned, started):
        """All of it, each at its time; returns when everything is healed."""
        for fault in planned:
            await asyncio.sleep(max(0, started + fault.at - time.monotonic()))
            self.tasks.append(asyncio.ensure_future(self.inject(fault)))
        await asyncio.gather(*self.tasks)

    def lock(self, *key):
        return self.locks.setdefault(key, asyncio.Lock())

    async def inject(self, fault):
        if fault.kind in ("slow client", "client cut"):
            return await self.disturb_client(fault)
        gateway = self.world.gateways[fault.target]
        if fault.kind in ("cut", "delay", "half-open"):
            lock, target, action = self.lock("proxy", fault.target), f"proxy of {gateway.name}", self.of_proxy
        elif fault.kind in OF_BROKER:
            lock, target, action = self.lock("broker"), "broker", self.of_broker
        else:
            lock, target, action = self.lock("gateway", fault.target), gateway.name, self.of_gateway
        async with lock:
            record = self.ledger.fault(fault.kind, target, time.monotonic())
            try:
                record.note = await action(fault, gateway) or ""
            except Exception as error:
                self.ledger.troubles.append((time.monotonic(), f"{fault.kind} ({target}): {error}"))
            record.end = time.monotonic()

    async def disturb_client(self, fault):
        talker = self.world.talkers[fault.target]
        record = self.ledger.fault(fault.kind, talker.observer.name, time.monotonic(), disturbs=False)
        if fault.kind == "slow client":
            await talker.be_slow(fault.seconds)
        else:
            talker.cut()
        record.end = time.monotonic()

    async def of_proxy(self, fault, gateway):
        proxy = gateway.proxy
        if fault.kind == "cut":
            proxy.is_shut = fault.seconds > 1
            proxy.cut()
        elif fault.kind == "delay":
            proxy.delay = 0.02 + fault.seconds / 10
        else:
            proxy.fall_silent()
        await asyncio.sleep(fault.seconds)
        proxy.heal()

    async def of_broker(self, fault, _):
        broker = self.world.broker
        if fault.kind == "broker stopped":
            return await self.pause(broker, fault.seconds)
        if fault.kind == BROKER_KILL:
            self.ledger.broker_was_killed = True
        await broker.end(signal.SIGKILL if fault.kind == BROKER_KILL else signal.SIGTERM)
        await asyncio.sleep(fault.seconds)
        await broker.start()

    async def of_gateway(self, fault, gateway):
        if fault.kind == "gateway stopped":
            return await self.pause(gateway, fault.seconds)
        gateway.expected_down = True
        try:
            code = await gateway.end(signal.SIGTERM if fault.kind == "end of a gateway" else signal.SIGKILL)
            if code not in (0, -signal.SIGKILL, NOT_IN_ORDER):
                raise RuntimeError(f"it ended with {code}")
            await asyncio.sleep(fault.seconds)
            return "not in order" if code == NOT_IN_ORDER else ""
        finally:
            await gateway.start()
            gateway.expected_down = False

    async def pause(self, machine, seconds):
        machine.pause()
        try:
            await asyncio.sleep(seconds)
        finally:
            machine.go_on()

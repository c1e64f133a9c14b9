"""What lies between a gateway and its broker: it can cut, delay, refuse, and fall silent without closing anything."""
import asyncio


class Way:
    """One connection through the proxy, both its directions."""

    def __init__(self, proxy, near, far):
        self.proxy, self.near, self.far = proxy, near, far
        self.is_silent = False

    async def carry(self, reader, writer):
        loop = asyncio.get_running_loop()
        waiting = asyncio.Queue(maxsize=1000)

        async def deliver():
            while True:
                due, data = await waiting.get()
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                if data is None:
                    return
                if not self.is_silent:
                    writer.write(data)
                    await writer.drain()

        delivery = asyncio.ensure_future(deliver())
        try:
            while True:
                data = await reader.read(65536)
                await waiting.put((loop.time() + self.proxy.delay, data or None))
                if not data:
                    return await delivery
        finally:
            delivery.cancel()

    async def run(self):
        ways = [asyncio.ensure_future(self.carry(self.near[0], self.far[1])),
                asyncio.ensure_future(self.carry(self.far[0], self.near[1]))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            # Of a silent way nobody is told that its other end is gone.
            if self.is_silent:
                await asyncio.wait(ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self.abort()

    def abort(self):
        self.near[1].transport.abort()
        self.far[1].transport.abort()


class Proxy:
    def __init__(self, broker_port):
        self.broker_port = broker_port
        self.delay = 0.0
        self.is_silent = self.is_shut = False
        self.ways = set()
        self.tasks = set()

    async def start(self):
        self.server = await asyncio.start_server(self.on_connection, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def on_connection(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            if self.is_shut:
                raise ConnectionError
            far = await asyncio.open_connection("127.0.0.1", self.broker_port)
        except OSError:
            writer.transport.abort()
            self.tasks.discard(asyncio.current_task())
            return
        way = Way(self, (reader, writer), far)
        way.is_silent = self.is_silent
        self.ways.add(way)
        try:
            await way.run()
        except (OSError, asyncio.CancelledError):
            way.abort()
        finally:
            self.ways.discard(way)
            self.tasks.discard(asyncio.current_task())

    def cut(self):
        for way in list(self.ways):
            way.abort()

    def fall_silent(self):
        """Half-open: those who are connected stay so and hear nothing more, until they give up themselves."""
        self.is_silent = True
        for way in self.ways:
            way.is_silent = True

    def heal(self):
        """For new connections; a way that fell silent stays so."""
        self.delay, self.is_silent, self.is_shut = 0.0, False, False

    async def stop(self):
        self.server.close()
        self.cut()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

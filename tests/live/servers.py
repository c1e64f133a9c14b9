"""XMPP servers of other people, for one test: Prosody and ejabberd on free loopback ports, in a folder of their own.

Both have users with the password "any" and plain client streams, and serve their own rooms at `rooms_domain`, or leave
domains to external components (XEP-0114). They run as whoever runs the test, and can be killed and started again.
"""
import os
import shutil

from harness import Child, accepts, eventually, free_port, want

PASSWORD = "any"
USERS = ("romeo", "juliet", "mercutio", "tybalt", "nurse", "paris", "benvolio", "rosaline")


class Server:
    """What both have in common: ports, domains, a process. `components` is secrets by domain; where there are none,
    the server has rooms of its own. `domains` are the hosts with users, all of them the same."""

    answers_in_order = True  # of rooms: what a stanza leads to comes before the answer to the next

    def __init__(self, test, users=USERS, domains=("localhost",), components=None, rooms_domain="rooms.localhost"):
        self.folder = test.path(type(self).__name__.lower())
        self.host, self.port, self.component_port = "127.0.0.1", free_port(), free_port()
        self.users, self.domains, self.rooms_domain = users, domains, rooms_domain
        self.components = components or {}
        self.prepare()
        self.start()

    @property
    def component_url(self):
        return f"xmpp://127.0.0.1:{self.component_port}"

    def start(self):
        self.child = Child(self.command(), self.folder / "server.log", env=self.environment(), cwd=self.folder)
        eventually(lambda: not self.child.running() or self.is_up(), f"{type(self).__name__} accepts connections", 60)
        want(self.child.running(), f"{type(self).__name__} did not start:\n" + self.child.text()[-3000:])

    def is_up(self):
        return accepts(self.port) and (not self.components or accepts(self.component_port))

    def environment(self):
        return {**os.environ, "HOME": str(self.folder)}

    def kill(self):
        """kill -9: nobody is told anything."""
        self.child.kill()


class Prosody(Server):
    def prepare(self):
        for domain in self.domains:
            accounts = self.folder / "data" / domain.replace(".", "%2e") / "accounts"
            accounts.mkdir(parents=True)
            for user in self.users:
                (accounts / f"{user}.dat").write_text(f'return {{\n\t["password"] = "{PASSWORD}";\n}};\n')
        rooms = "".join(f'Component "{name}"\n  component_secret = "{word}"\n' for name, word in self.components.items())
        if not rooms:
            rooms = f'Component "{self.rooms_domain}" "muc"\n  muc_room_default_public = true\n'
        (self.folder / "prosody.cfg.lua").write_text(f'''
data_path = "{self.folder}/data"; pidfile = "{self.folder}/prosody.pid"; plugin_paths = {{ }}
run_as_root = {"true" if os.geteuid() == 0 else "false"}; daemonize = false; network_backend = "epoll"
interfaces = {{ "127.0.0.1" }}; c2s_ports = {{ {self.port} }}; s2s_ports = {{ }}; c2s_direct_tls_ports = {{ }}
component_ports = {{ {self.component_port} }}; component_interfaces = {{ "127.0.0.1" }}
http_ports = {{ }}; https_ports = {{ }}
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "version", "time", "vcard_legacy" }}
modules_disabled = {{ "tls" }}
c2s_require_encryption = false; allow_unencrypted_plain_auth = true; authentication = "internal_plain"; storage = "internal"
limits = {{ }}; log = {{ info = "*console" }}
{"".join(f'VirtualHost "{domain}"{chr(10)}' for domain in self.domains)}{rooms}''')

    def command(self):
        return [shutil.which("prosody") or "/usr/bin/prosody", "--config", self.folder / "prosody.cfg.lua", "-F"]


class Ejabberd(Server):
    """Without its ejabberdctl, which insists on a user and a folder of its own, and without Erlang's distribution: the
    node has no name, so that no epmd is started, which would outlive it."""

    def prepare(self):
        component = "".join(f"      {domain}: {{password: \"{secret}\"}}\n" for domain, secret in self.components.items())
        service = f"""  - port: {self.component_port}
    ip: "127.0.0.1"
    module: ejabberd_service
    hosts:
{component}""" if component else ""
        rooms = "" if component else f"""  mod_muc:
    host: {self.rooms_domain}
    access_create: all
    access_admin: none
    default_room_options: {{mam: false}}
    max_users_presence: 10000
    min_presence_interval: 0
    min_message_interval: 0
"""
        (self.folder / "ejabberd.yml").write_text(f"""hosts: [{", ".join(self.domains)}]
loglevel: info
auth_password_format: plain
listen:
  - port: {self.port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    access: all
{service}modules:
  mod_roster: {{}}
  mod_disco: {{}}
  mod_ping: {{}}
  mod_version: {{}}
{rooms}""")

    @staticmethod
    def also_configured(fields):
        """What XEP-0045 calls a moderated room is two switches here: whether voice is needed, and whether all have it."""
        moderated = fields.get("muc#roomconfig_moderatedroom")
        return {} if moderated is None else {"members_by_default": "0" if moderated == "1" else "1"}

    def is_up(self):
        return "mucbridge: users are there" in self.child.text() and super().is_up()

    def environment(self):
        return {**super().environment(), "EJABBERD_CONFIG_PATH": str(self.folder / "ejabberd.yml"),
                "EJABBERD_LOG_PATH": str(self.folder / "ejabberd.log"), "ERL_LIBS": "/usr/lib/x86_64-linux-gnu",
                "ERL_CRASH_DUMP_SECONDS": "0"}

    def command(self):
        users = ",".join(f'<<"{user}">>' for user in self.users)
        domains = ",".join(f'<<"{domain}">>' for domain in self.domains)
        register = (f'{{ok, _}} = application:ensure_all_started(ejabberd), '
                    f'[ejabberd_auth:try_register(U, D, <<"{PASSWORD}">>) || D <- [{domains}], U <- [{users}]], '
                    f'io:format("mucbridge: users are there~n").')
        return [shutil.which("erl") or "/usr/bin/erl", "-noinput", "+S", "1", "-mnesia", "dir",
                f'"{self.folder}/database"',
                "-s", "ejabberd", "-eval", register]


PEERS = {"prosody": Prosody, "ejabberd": Ejabberd}

"""Terminal clients of real people, each in a tmux of its own: what is typed, and what the screen shows."""
import os
import re
import subprocess

from harness import Child, Failure, eventually, want

NOBODY = 65534


class Terminal:
    """A program in tmux, with a home of its own. `command()` is what runs; `account` says who logs in, and where."""

    height = 50

    def __init__(self, test, server, name):
        self.server, self.name = server, name
        self.home = test.path(type(self).__name__.lower())
        self.socket = self.home / "tmux"
        self.prepare()
        env = {**os.environ, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"),
               "XDG_CACHE_HOME": str(self.home / "cache"),
               "XDG_DATA_HOME": str(self.home / "data"), "TERM": "screen", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        env.pop("TMUX", None)
        self.child = Child(["tmux", "-D", "-f", "/dev/null", "-S", self.socket], self.home / "tmux.log", env=env,
                           cwd=self.home)
        eventually(self.socket.exists, "tmux starts")
        self.tmux("new-session", "-d", "-x", "160", "-y", str(self.height), *map(str, self.command()))

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, timeout=10)
        want(done.returncode == 0, f"tmux {words[0]}: {done.stderr}")
        return done.stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def shows(self, text, patience=None):
        try:
            eventually(lambda: text in self.screen(), text, patience)
        except Failure:
            raise Failure(f"{self.name}'s screen does not show {text!r}:\n{self.screen().rstrip()}") from None

    def lines(self, text):
        """The conversation's lines that hold this text; what is being typed is none."""
        return [line for line in self.screen().splitlines()[:-3] if text in line]

    def said(self):
        """What the screen shows, without times, blanks, what the client says of itself and of the server at login, and
        invitations: ours come to whom is made a member, others' do not [XEP-0045 §9.3]."""
        lines = (re.sub(r"\d\d:\d\d(:\d\d)?|│.*", "", line) for line in self.screen().splitlines())
        lines = (re.sub(self.SERVERS_WORDS, r"\1...", " ".join(line.split())) for line in lines)
        return [line for line in lines if line and not re.search(f"{self.AT_LOGIN}|{self.INVITATION}", line)]


class Profanity(Terminal):
    NO_VOICE, REMOVED = "Error from", "Type /help for help"
    AT_LOGIN = r"carbons|OMEMO|logged in|account|TLS connection|presence updates"
    SERVERS_WORDS = r"(Error from \S+: |Error kicking \S+: ).*"
    INVITATION = r"invit|^- (From|Room) +:|^-$"

    def join(self, room, password=""):
        self.type(f"/join {room} nick {self.name}" + (password and f" password {password}"))

    def kick(self, nick, reason):
        self.type(f'/kick {nick} {reason}')

    def ban(self, jid, reason):
        self.type(f'/ban {jid} {reason}')

    def give_role(self, nick, role, reason):
        self.type(f'/role set {role} {nick} {reason}')

    def give_affiliation(self, jid, affiliation):
        self.type(f'/affiliation set {affiliation} {jid}')

    def set_subject(self, text):
        self.type(f'/subject set "{text}"')

    def prepare(self):
        data, settings = self.home / "data" / "profanity", self.home / "config" / "profanity"
        for folder in (data, settings):
            folder.mkdir(parents=True)
        (data / "accounts").write_text(f"""[{self.name}]
enabled=true
jid={self.name}@localhost
server={self.server.host}
port={self.server.port}
tls.policy=disable
auth.policy=default
password=any
resource=profanity
muc.service=rooms.localhost
muc.nick={self.name}
""")
        (settings / "profrc").write_text("""[ui]
splash=false
[notifications]
remind=0
[chatstates]
enabled=false
[connection]
carbons=false
""")

    def command(self):
        return ["profanity"]

    def login(self):
        self.shows("Profanity")
        self.type(f"/connect {self.name}")
        self.shows("logged in")
        self.type("/presence room all")
        self.shows("All presence updates")
        self.type("/roster hide")
        self.shows("Roster disabled")
        self.type("/clear")

    def is_refused(self):
        self.shows("reason: ")

    def may_not_kick(self):
        self.shows("Error kicking")


class Poezio(Terminal):
    """It refuses to be root, so that it is nobody then. It needs SCRAM where there is no TLS."""

    NO_VOICE, REMOVED = "Error>", "has left the room"
    AT_LOGIN = r"bookmark|Your JID|- - - -|Could not set role|=\"|</"
    SERVERS_WORDS = r"(Error> \S+: \w+: ).*"
    INVITATION = r"invit"

    def join(self, room, password=""):
        self.type(f"/join {room}/{self.name}" + (password and f" {password}"))

    def kick(self, nick, reason):
        self.type(f'/kick {nick} {reason}')

    def ban(self, jid, reason):
        self.type(f'/ban {jid} {reason}')

    def give_role(self, nick, role, reason):
        self.type(f'/role {nick} {role} {reason}')

    def give_affiliation(self, jid, affiliation):
        self.type(f'/affiliation {jid} {affiliation}')

    def set_subject(self, text):
        self.type(f'/topic {text}')


    def prepare(self):
        for folder in ("config", "data", "cache"):
            (self.home / folder).mkdir()
        self.settings, self.debug_log = self.home / "config" / "poezio.cfg", self.home / "data" / "debug.log"
        self.settings.write_text(f"""[Poezio]
jid = {self.name}@localhost/poezio
password = any
device_id = test
custom_host = {self.server.host}
custom_port = {self.server.port}
force_encryption = false
default_nick = {self.name}
first_run_help = false
rooms =
open_all_bookmarks = false
send_chat_states = false
enable_carbons = false
enable_avatars = false
enable_vertical_tab_list = false
use_log = false
mam_sync = false
load_log = 0
beep_on =
""")
        if os.geteuid() == 0:
            for path in (self.home.parent, self.home, *self.home.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def command(self):
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*as_nobody, "poezio", "-f", self.settings, "-d", self.debug_log]

    def login(self):
        self.shows("Authentication success")

    def receives(self, kind):
        eventually(lambda: re.search(f"RECV: <{kind} [^>]*type=.error", self.debug_log.read_text(errors="replace")), kind)

    def is_refused(self):
        """This version of it shows nothing of that."""
        self.receives("presence")

    def may_not_kick(self):
        """It shows as much of the XML as has a place, which may be none of the words before it."""
        self.receives("iq")

    def type(self, text):
        """A key that is read together with others is pasted text for it, Enter too."""
        if text.startswith("/"):
            self.tmux("send-keys", "-l", "/")
            eventually(lambda: self.screen().rstrip().endswith("/"), "the slash is there")
        self.tmux("send-keys", "-l", text.removeprefix("/"))
        eventually(lambda: text[-20:].strip() in self.screen(), f"{text} is typed")
        self.tmux("send-keys", "Enter")

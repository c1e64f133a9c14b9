-- Lines that a broker does not have yet, or will not take.
CREATE TABLE spool (
    broker     TEXT    NOT NULL,           -- its name in the configuration
    key        TEXT    NOT NULL,           -- as its link knows the line
    position   INTEGER NOT NULL,           -- in the order in which they are to be published
    address    TEXT    NOT NULL,           -- where to
    mirror     INTEGER,                    -- of the room's mirrors; NULL: its home
    room       TEXT    NOT NULL,           -- bare JID
    nick       TEXT    NOT NULL,
    occupant   TEXT    NOT NULL,           -- occupant JID
    id         TEXT    NOT NULL,           -- stanza-id
    sender_id  TEXT    NOT NULL,
    lang       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    said_at    INTEGER NOT NULL,           -- milliseconds since 1970, UTC
    is_shown   INTEGER NOT NULL,           -- the room has said it, or will say it when it is restored
    set_aside  INTEGER,                    -- when, likewise; NULL: it waits
    reason     TEXT,                       -- why it was
    PRIMARY KEY (broker, key)
) STRICT;

CREATE INDEX spool_in_order ON spool (broker, position) WHERE set_aside IS NULL;

-- What persistent rooms said.
CREATE TABLE archive (
    room         TEXT    NOT NULL,         -- bare JID
    number       INTEGER NOT NULL,         -- in the order in which the room said them
    nick         TEXT    NOT NULL,
    occupant_id  TEXT    NOT NULL,
    stanza_id    TEXT    NOT NULL,
    sender_id    TEXT    NOT NULL,
    lang         TEXT    NOT NULL,
    body         TEXT,
    subject      TEXT,
    extra        TEXT,                     -- XML, as it was shown
    said_at      INTEGER NOT NULL,         -- milliseconds since 1970, UTC
    shown_at     INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    is_ours      INTEGER NOT NULL,         -- an occupant of this room said it
    heard_id     TEXT    NOT NULL,         -- that a publisher gave it; '': none
    journal      INTEGER NOT NULL,         -- the number of the delivery that brought it; 0: none
    PRIMARY KEY (room, number)
) STRICT;

CREATE INDEX archive_by_age ON archive (shown_at);
CREATE INDEX archive_by_journal ON archive (journal, room) WHERE journal > 0;

-- Persistent rooms.
CREATE TABLE room (
    room    TEXT    NOT NULL PRIMARY KEY,  -- bare JID
    options TEXT    NOT NULL,              -- JSON
    created INTEGER NOT NULL,
    subject TEXT,                          -- NULL: none was set
    subject_lang        TEXT    NOT NULL DEFAULT '',
    subject_nick        TEXT    NOT NULL DEFAULT '',
    subject_occupant_id TEXT    NOT NULL DEFAULT '',
    subject_set_at      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE room_right (
    room        TEXT NOT NULL REFERENCES room (room) ON DELETE CASCADE,
    jid         TEXT NOT NULL,             -- bare
    affiliation TEXT NOT NULL,
    nick        TEXT NOT NULL,             -- reserved; '': none
    PRIMARY KEY (room, jid)
) STRICT, WITHOUT ROWID;

-- What a broker may still have subscribed for us, in the session that it keeps.
CREATE TABLE kept_filter (
    broker TEXT NOT NULL,
    filter TEXT NOT NULL,
    PRIMARY KEY (broker, filter)
) STRICT, WITHOUT ROWID;

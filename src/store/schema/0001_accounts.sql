-- Who may log in, and what is kept of the passwords: enough to check a proof, not to make one (RFC 5802 §3).
CREATE TABLE account (
    name    TEXT    NOT NULL PRIMARY KEY,  -- the JID's localpart, prepared
    created INTEGER NOT NULL,              -- milliseconds since 1970, UTC
    changed INTEGER NOT NULL               -- the password, likewise
) STRICT, WITHOUT ROWID;

CREATE TABLE verifier (
    account    TEXT    NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    hash       TEXT    NOT NULL CHECK (hash IN ('sha-1', 'sha-256')),
    iterations INTEGER NOT NULL CHECK (iterations > 0),
    salt       BLOB    NOT NULL,
    stored_key BLOB    NOT NULL,
    server_key BLOB    NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;

-- Random, made once. 'unknown_names': what verifiers are made of for names that nobody has.
CREATE TABLE secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Accounts: who may come in. E-mail addresses are kept trimmed and in lower case; the CHECK and NOCASE hold that.
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (email = lower(trim(email)) AND instr(email, '@') > 1),
  password_hash TEXT NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  role TEXT NOT NULL CHECK (role IN ('owner','member','viewer')),
  created_at INTEGER NOT NULL,
  disabled_at INTEGER
) STRICT;

-- Sessions: a browser that signed in. Only the SHA-256 of what its cookie holds is kept.
CREATE TABLE sessions (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  CHECK (expires_at > created_at AND last_seen_at >= created_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account_id);

-- Tokens: a program that may act for an account. `prefix` is what a person recognises it by; the rest was shown once.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name <> ''),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  prefix TEXT NOT NULL CHECK (length(prefix) <= 12),
  scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_type(scopes) = 'array' AND json_array_length(scopes) > 0),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER,
  CHECK (expires_at > created_at)
) STRICT;

CREATE INDEX tokens_by_account ON tokens (account_id, created_at);

-- Set-up links: the one way in while there is no account. The last one made is the only row.
CREATE TABLE setup_links (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;

-- Sign-in tries of the last 15 minutes, one row per account and one per address, so that a restart forgives nobody.
CREATE TABLE sign_in_tries (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL CHECK (key LIKE 'account:%' OR key LIKE 'address:%'),
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_tries_by_key ON sign_in_tries (key, at);

CREATE INDEX sign_in_tries_by_age ON sign_in_tries (at);

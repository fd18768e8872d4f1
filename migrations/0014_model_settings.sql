-- What the owner has set up about models. A key is sealed (AES-256-GCM, bound to its provider's name) by a key that lies in
-- a file beside the database: who has a copy of the database alone can read none. `provider` is a vendor's name, or one
-- that the owner gave to a server.
CREATE TABLE model_keys (
  provider TEXT PRIMARY KEY CHECK (provider <> ''),
  sealed TEXT NOT NULL CHECK (length(sealed) > 40),
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT;

-- Servers that the owner named, and other addresses for vendors.
CREATE TABLE model_servers (
  provider TEXT PRIMARY KEY CHECK (provider <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('anthropic','openai','google','xai','compatible','ollama')),
  base_url TEXT NOT NULL CHECK (base_url LIKE 'http://%' OR base_url LIKE 'https://%'),
  -- how the key is shown, where an old gateway wants it otherwise
  scheme TEXT CHECK (scheme IN ('bearer','x-api-key')),
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT;

-- Whom to ask for a purpose, the first one first: a JSON array of `provider` or `provider/model`.
CREATE TABLE model_chains (
  purpose TEXT PRIMARY KEY CHECK (purpose IN ('plan','write','chat','check','summarise')),
  models TEXT NOT NULL CHECK (json_type(models) = 'array' AND json_array_length(models) > 0),
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT;

-- What the owner knows of a model better than the table that comes with Hearth. `model` is `provider/model`.
CREATE TABLE model_overrides (
  model TEXT PRIMARY KEY CHECK (model LIKE '%/%'),
  facts TEXT NOT NULL CHECK (json_type(facts) = 'object'),
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT;

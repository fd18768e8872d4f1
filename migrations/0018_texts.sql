-- Texts: what files hold, where that is UTF-8 of at most 4 MB: each content once, by its SHA-256. `content` is zstd: of the
-- whole, or, where `base` names a whole one, with that as the dictionary, so that a read takes two rows at most.
-- `put_at` is when somebody put it last: it may not be named yet, so that what nothing names is removed a day later at the soonest.
CREATE TABLE texts (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  base INTEGER REFERENCES texts (id) CHECK (base <> id),
  bytes INTEGER NOT NULL CHECK (bytes BETWEEN 0 AND 4194304),
  put_at INTEGER NOT NULL,
  content BLOB NOT NULL CHECK (length(content) > 0)
) STRICT;

CREATE INDEX texts_by_base ON texts (base) WHERE base IS NOT NULL;

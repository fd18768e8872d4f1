-- What files of models hold, so that each is hashed once: a file with another stamp (size, time, device and inode) is another file.
CREATE TABLE model_files (
  path TEXT PRIMARY KEY CHECK (path <> ''),
  stamp TEXT NOT NULL CHECK (stamp <> ''),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX model_files_by_hash ON model_files (sha256);

-- Licences of models that somebody has read and taken: once for each model, and again when its words are others.
CREATE TABLE model_licences (
  author TEXT NOT NULL CHECK (author <> ''),
  model TEXT NOT NULL CHECK (model <> ''),
  licence TEXT NOT NULL CHECK (licence <> ''),
  words_sha256 TEXT NOT NULL CHECK (length(words_sha256) = 64),
  at INTEGER NOT NULL,
  PRIMARY KEY (author, model, words_sha256)
) STRICT, WITHOUT ROWID;

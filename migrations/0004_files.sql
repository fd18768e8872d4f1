-- Files: a project's files as they are now. `path_key` is the path with case folded, since other systems can't hold two
-- files that differ in case alone. A deleted file keeps its row, and with it its version.
CREATE TABLE files (
  project_id TEXT NOT NULL CHECK (project_id <> ''),
  path TEXT NOT NULL CHECK (path <> ''),
  path_key TEXT NOT NULL CHECK (path_key <> ''),
  version INTEGER NOT NULL CHECK (version > 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  language TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, path)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX files_by_key ON files (project_id, path_key) WHERE deleted = 0;

-- File versions: what each file held, and the change that made it so. The bytes are blobs, named by their hash.
CREATE TABLE file_versions (
  project_id TEXT NOT NULL,
  path TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  change_id TEXT NOT NULL UNIQUE REFERENCES changes (id),
  at INTEGER NOT NULL,
  PRIMARY KEY (project_id, path, version),
  FOREIGN KEY (project_id, path) REFERENCES files (project_id, path) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX file_versions_by_hash ON file_versions (hash);

-- Changes of several things: a change is who, why and when; its operations say what of which thing. An operation takes its
-- thing from one version to the next; versions only go up, also when what was deleted is made again.
CREATE TABLE changes_now (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  scope TEXT NOT NULL CHECK (scope <> ''),
  author TEXT NOT NULL CHECK (author <> ''),
  -- why, in words; empty where nobody said
  reason TEXT NOT NULL DEFAULT '',
  job_id TEXT,
  -- changes that were made as one, and can be undone as one: the run of an agent, a sync, an edit of many things
  batch TEXT CHECK (batch <> ''),
  -- the change because of which this one does not stand
  undone_by TEXT REFERENCES changes_now (id),
  at INTEGER NOT NULL,
  CHECK (undone_by IS NULL OR undone_by <> id)
) STRICT;

INSERT INTO changes_now (seq, id, scope, author, job_id, batch, at)
SELECT seq, id, scope, author, job_id, job_id, at FROM changes;

-- What was undone and brought back since stands: each change was undone once at most, so that every second of a chain stands.
WITH RECURSIVE chain (id, steps) AS (
  SELECT id, 0 FROM changes WHERE undone_by IS NULL
  UNION ALL
  SELECT changes.undoes, steps + 1 FROM chain JOIN changes ON changes.id = chain.id WHERE changes.undoes IS NOT NULL
)
UPDATE changes_now SET undone_by = (SELECT undone_by FROM changes WHERE changes.id = changes_now.id)
WHERE id IN (SELECT id FROM chain WHERE steps % 2 = 1);

CREATE TABLE operations (
  seq INTEGER PRIMARY KEY,
  change_id TEXT NOT NULL REFERENCES changes_now (id),
  scope TEXT NOT NULL CHECK (scope <> ''),
  entity TEXT NOT NULL CHECK (entity <> ''),
  entity_id TEXT NOT NULL CHECK (entity_id <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('create','update','move','delete','restore')),
  -- the version that the author had seen, where it was not the last one: the two were merged
  seen INTEGER CHECK (seen >= 0 AND seen <> base_version),
  base_version INTEGER NOT NULL CHECK (base_version >= 0),
  version INTEGER NOT NULL CHECK (version > base_version),
  -- NULL where the thing isn't there
  before TEXT CHECK (before IS NULL OR json_valid(before)),
  after TEXT CHECK (after IS NULL OR json_valid(after)),
  CHECK (before IS NOT NULL OR after IS NOT NULL)
) STRICT;

INSERT INTO operations (change_id, scope, entity, entity_id, kind, base_version, version, before, after)
SELECT id, scope, entity, entity_id,
  CASE WHEN after IS NULL THEN 'delete' WHEN before IS NOT NULL THEN 'update' WHEN undoes IS NULL THEN 'create' ELSE 'restore' END,
  base_version, version, before, after
FROM changes ORDER BY seq;

CREATE UNIQUE INDEX operations_by_entity ON operations (scope, entity, entity_id, version);

CREATE INDEX operations_by_change ON operations (change_id);

-- Reversals: which changes a change took back.
CREATE TABLE reversals (
  change_id TEXT NOT NULL REFERENCES changes_now (id),
  undoes TEXT NOT NULL REFERENCES changes_now (id),
  PRIMARY KEY (change_id, undoes),
  CHECK (undoes <> change_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reversals_of ON reversals (undoes);

INSERT INTO reversals (change_id, undoes) SELECT id, undoes FROM changes WHERE undoes IS NOT NULL;

-- A change may write several files.
CREATE TABLE file_versions_now (
  project_id TEXT NOT NULL,
  path TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  change_id TEXT NOT NULL REFERENCES changes_now (id),
  at INTEGER NOT NULL,
  PRIMARY KEY (project_id, path, version),
  FOREIGN KEY (project_id, path) REFERENCES files (project_id, path) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO file_versions_now SELECT * FROM file_versions;

DROP TABLE file_versions;

ALTER TABLE file_versions_now RENAME TO file_versions;

CREATE INDEX file_versions_by_hash ON file_versions (hash);

DROP TABLE changes;

ALTER TABLE changes_now RENAME TO changes;

CREATE INDEX changes_by_scope ON changes (scope, seq);

CREATE INDEX changes_by_batch ON changes (batch) WHERE batch IS NOT NULL;

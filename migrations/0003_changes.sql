-- Changes: reversible edits of project state, in order. `scope` is the project; the rooms name the entities. A change
-- takes its entity from one version to the next; versions only go up, also when what was deleted is made again.
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  scope TEXT NOT NULL CHECK (scope <> ''),
  entity TEXT NOT NULL CHECK (entity <> ''),
  entity_id TEXT NOT NULL CHECK (entity_id <> ''),
  author TEXT NOT NULL CHECK (author <> ''),
  job_id TEXT,
  -- the version that it started from; 0 when the entity had never been
  base_version INTEGER NOT NULL CHECK (base_version >= 0),
  version INTEGER NOT NULL CHECK (version > base_version),
  -- NULL where the entity isn't there
  before TEXT CHECK (before IS NULL OR json_valid(before)),
  after TEXT CHECK (after IS NULL OR json_valid(after)),
  undoes TEXT UNIQUE REFERENCES changes (id),
  undone_by TEXT UNIQUE REFERENCES changes (id),
  at INTEGER NOT NULL,
  CHECK (before IS NOT NULL OR after IS NOT NULL),
  CHECK (undoes IS NULL OR undoes <> id),
  CHECK (undone_by IS NULL OR undone_by <> id)
) STRICT;

CREATE UNIQUE INDEX changes_by_entity ON changes (scope, entity, entity_id, version);

CREATE INDEX changes_by_scope ON changes (scope, seq);

-- What was deleted stays until it is purged: its row says since when it is gone, so that it comes back with its jobs and pictures.
ALTER TABLE tasks ADD COLUMN deleted_at INTEGER;

ALTER TABLE projects ADD COLUMN deleted_at INTEGER;

-- Projects are edited by changes, like all else in them.
ALTER TABLE projects ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);

CREATE INDEX projects_deleted ON projects (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX files_deleted ON files (updated_at) WHERE deleted = 1;

-- Settings of a project that differ from the default: how an agent's changes are applied, what a scan may stop.
CREATE TABLE project_settings (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name <> ''),
  value TEXT NOT NULL CHECK (json_valid(value)),
  version INTEGER NOT NULL CHECK (version > 0),
  PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

-- How many operations of a change were removed for good: such a change can't be undone any more.
ALTER TABLE changes ADD COLUMN purged INTEGER NOT NULL DEFAULT 0 CHECK (purged >= 0);

-- Projects that are being removed for good: their own rows are gone, what else was theirs goes some rows a turn.
CREATE TABLE purges (
  project_id TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

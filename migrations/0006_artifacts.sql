-- Artifacts: what an engine rendered, with all that is needed to render it again. One per job: a result is never kept twice.
CREATE TABLE artifacts (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  task_id TEXT REFERENCES tasks (id) ON DELETE SET NULL,
  job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes > 0),
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  seed INTEGER NOT NULL,
  engine TEXT NOT NULL,
  device TEXT NOT NULL,
  params TEXT NOT NULL CHECK (json_valid(params)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX artifacts_by_project ON artifacts (project_id, created_at);

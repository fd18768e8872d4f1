-- Projects: a brief and what became of it. `status` follows from its jobs and is kept here so that lists can filter by it.
-- `autorun` = 0: the plan waits for a person before anything is made.
CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  brief TEXT NOT NULL,
  summary TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL,
  tier TEXT NOT NULL,
  seed INTEGER NOT NULL,
  autorun INTEGER NOT NULL DEFAULT 1 CHECK (autorun IN (0, 1)),
  status TEXT NOT NULL DEFAULT 'working' CHECK (status IN ('working','ready','done','held','failed','paused','cancelled')),
  priority INTEGER NOT NULL DEFAULT 0,
  tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

CREATE INDEX projects_newest ON projects (created_at DESC, id);

-- Tasks: the plan as a tree. `write` makes a file, `render` a picture, `note` groups others or reminds.
-- `key` is the plan's own name for the task; `depends_on` lists task ids.
CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  parent_id TEXT REFERENCES tasks (id) ON DELETE SET NULL,
  key TEXT NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('write','render','note')),
  title TEXT NOT NULL CHECK (title <> ''),
  path TEXT,
  prompt TEXT,
  width INTEGER,
  height INTEGER,
  depends_on TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(depends_on)),
  status TEXT NOT NULL DEFAULT 'todo' CHECK (status IN ('todo','done')),
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  done_at INTEGER,
  CHECK (kind = 'note' OR path IS NOT NULL),
  CHECK (parent_id IS NULL OR parent_id <> id),
  CHECK ((done_at IS NOT NULL) = (status = 'done')),
  UNIQUE (project_id, key)
) STRICT;

CREATE INDEX tasks_by_project ON tasks (project_id, position);

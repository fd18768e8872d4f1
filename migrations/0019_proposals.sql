-- Proposals: what an agent has made for a task and a person must say yes to, as the settings of the project ask. The edits
-- wait as they would have been applied, with the versions that they were made against.
CREATE TABLE proposals (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE,
  author TEXT NOT NULL CHECK (author <> ''),
  reason TEXT NOT NULL,
  edits TEXT NOT NULL CHECK (json_valid(edits)),
  state TEXT NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed','accepted','declined')),
  change_id TEXT REFERENCES changes (id) ON DELETE SET NULL,
  -- what the person said who declined it
  note TEXT NOT NULL DEFAULT '',
  decided_by TEXT,
  at INTEGER NOT NULL,
  decided_at INTEGER,
  CHECK ((decided_by IS NOT NULL) = (state <> 'proposed')),
  CHECK ((decided_at IS NOT NULL) = (state <> 'proposed')),
  CHECK (state = 'accepted' OR change_id IS NULL)
) STRICT;

CREATE INDEX proposals_open ON proposals (project_id, at) WHERE state = 'proposed';

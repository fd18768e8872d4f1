-- A render may make several pictures, a clip, or start from another picture: artifacts are many per job, and each knows all
-- that it was made with. Rows from before have one picture a job, without a recipe.
CREATE TABLE artifacts_of_a_batch (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  task_id TEXT REFERENCES tasks (id) ON DELETE SET NULL,
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  -- Its place in the batch.
  n INTEGER NOT NULL DEFAULT 1 CHECK (n BETWEEN 1 AND 64),
  attempt INTEGER NOT NULL DEFAULT 1 CHECK (attempt > 0),
  function TEXT NOT NULL DEFAULT 'image' CHECK (function <> ''),
  path TEXT NOT NULL,
  media_type TEXT NOT NULL DEFAULT 'image/png',
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes > 0),
  -- Zero for what has no size, as a text.
  width INTEGER NOT NULL CHECK (width >= 0),
  height INTEGER NOT NULL CHECK (height >= 0),
  frames INTEGER CHECK (frames > 0),
  fps REAL CHECK (fps > 0),
  -- The picture that stands for a clip.
  poster_hash TEXT,
  seed INTEGER NOT NULL,
  engine TEXT NOT NULL,
  engine_version TEXT NOT NULL DEFAULT '',
  model TEXT,
  model_hash TEXT,
  tier TEXT,
  device TEXT NOT NULL,
  prompt TEXT NOT NULL DEFAULT '',
  negative TEXT NOT NULL DEFAULT '',
  params TEXT NOT NULL CHECK (json_valid(params)),
  -- All that its bytes depend on: what renders it again.
  recipe TEXT CHECK (recipe IS NULL OR json_valid(recipe)),
  lowered TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(lowered)),
  reason TEXT NOT NULL DEFAULT '',
  resumed_from INTEGER NOT NULL DEFAULT 0,
  resumed_on TEXT,
  render_ms INTEGER CHECK (render_ms >= 0),
  -- What it was made from.
  parent_id TEXT REFERENCES artifacts_of_a_batch (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (job_id, n),
  CHECK ((frames IS NULL) = (fps IS NULL))
) STRICT;

INSERT INTO artifacts_of_a_batch (id, project_id, task_id, job_id, path, hash, bytes, width, height, seed, engine, engine_version, device, prompt, params, created_at)
SELECT id, project_id, task_id, job_id, path, hash, bytes, width, height, seed, engine, coalesce(params ->> 'version', ''), device,
  coalesce(params ->> 'prompt', ''), params, created_at FROM artifacts;

DROP TABLE artifacts;

ALTER TABLE artifacts_of_a_batch RENAME TO artifacts;

CREATE INDEX artifacts_by_project ON artifacts (project_id, created_at, id);
CREATE INDEX artifacts_by_time ON artifacts (created_at, id);
CREATE INDEX artifacts_by_hash ON artifacts (hash);
CREATE INDEX artifacts_by_parent ON artifacts (parent_id) WHERE parent_id IS NOT NULL;

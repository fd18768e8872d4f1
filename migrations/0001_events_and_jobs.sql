-- Events: what happened, in order, for ever. `scope` is the project it belongs to. `prev_scope` and `prev_job` are the
-- seq of the event before it in the project's and in the job's stream, so that a reader can prove that nothing is missing.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  type TEXT NOT NULL CHECK (type <> ''),
  scope TEXT,
  job_id TEXT,
  kind TEXT,
  attempt INTEGER,
  elapsed_ms INTEGER,
  author TEXT NOT NULL DEFAULT 'system',
  data TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data)),
  prev_scope INTEGER,
  prev_job INTEGER,
  CHECK ((job_id IS NULL) = (kind IS NULL)),
  CHECK (prev_scope < seq AND prev_job < seq)
) STRICT;

CREATE INDEX events_by_scope ON events (scope, seq) WHERE scope IS NOT NULL;

CREATE INDEX events_by_job ON events (job_id, seq) WHERE job_id IS NOT NULL;

-- Jobs: work that survives a crash. `attempt` counts claims and is the fence of every later write of that attempt.
-- A job is ended exactly when it carries the time of its end; it has an owner (boot, lease) exactly while it runs.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  lane TEXT NOT NULL,
  scope TEXT,
  idempotency_key TEXT UNIQUE,
  input TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(input)),
  state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued','running','paused','held','succeeded','failed','cancelled')),
  priority INTEGER NOT NULL DEFAULT 0,
  attempt INTEGER NOT NULL DEFAULT 0,
  -- failures since a person last started it; deaths of the server under it with no progress in between, and how far it was then
  failures INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  crash_mark INTEGER NOT NULL DEFAULT -1,
  run_at INTEGER NOT NULL,
  boot_id TEXT,
  lease_until INTEGER,
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  author TEXT NOT NULL DEFAULT 'system',
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  attempt_started_at INTEGER,
  ended_at INTEGER,
  CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded','failed','cancelled'))),
  CHECK ((boot_id IS NOT NULL) = (state = 'running')),
  CHECK ((lease_until IS NOT NULL) = (state = 'running')),
  CHECK (state <> 'succeeded' OR result IS NOT NULL),
  CHECK (state <> 'failed' OR error IS NOT NULL)
) STRICT;

CREATE INDEX jobs_to_claim ON jobs (lane, priority DESC, run_at, created_at) WHERE state = 'queued';

CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';

CREATE INDEX jobs_by_scope ON jobs (scope, created_at);

-- Attempts: one row per claim, with how it ended.
CREATE TABLE attempts (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT CHECK (outcome IN ('succeeded','failed','retried','snoozed','cancelled','paused','held','lost')),
  phase TEXT,
  bytes INTEGER,
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  PRIMARY KEY (job_id, attempt),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT, WITHOUT ROWID;

-- Checkpoints: the results of steps that a resumed job does not do again.
CREATE TABLE checkpoints (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  at INTEGER NOT NULL,
  PRIMARY KEY (job_id, name)
) STRICT, WITHOUT ROWID;

-- Drafts: what a running job has made so far, written at most once per flush interval for all jobs together.
CREATE TABLE drafts (
  job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  phase TEXT NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  step INTEGER NOT NULL DEFAULT 0,
  steps INTEGER NOT NULL DEFAULT 0,
  text TEXT NOT NULL DEFAULT '',
  data TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data)),
  at INTEGER NOT NULL
) STRICT;

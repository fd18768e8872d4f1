-- The books: a row for each call to a model, written before the call with what it will probably take, so that a crash hides
-- no spending, and settled after it with the provider's own counts. No foreign keys: what was paid outlives whom it was for.
CREATE TABLE model_calls (
  id TEXT PRIMARY KEY,
  scope TEXT,
  person TEXT,
  job_id TEXT,
  attempt INTEGER,
  purpose TEXT NOT NULL CHECK (purpose IN ('plan','write','chat','check','summarise')),
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  answered_at INTEGER,
  closed_at INTEGER,
  -- the finish reason, or: closed without one, failed with an error, stopped by Hearth, lost with the process
  ended TEXT CHECK (ended IN ('stop','length','refusal','tools','other','closed','failed','stopped','lost')),
  error TEXT,
  from_cache INTEGER NOT NULL DEFAULT 0 CHECK (from_cache IN (0, 1)),
  -- the counts are not, or not all, the provider's own
  estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
  -- whether the model has a price; without one the cost is 0 whatever was used
  priced INTEGER NOT NULL CHECK (priced IN (0, 1)),
  input_tokens INTEGER NOT NULL CHECK (input_tokens >= 0),
  output_tokens INTEGER NOT NULL CHECK (output_tokens >= 0),
  cached_tokens INTEGER NOT NULL DEFAULT 0 CHECK (cached_tokens >= 0),
  cache_write_tokens INTEGER NOT NULL DEFAULT 0 CHECK (cache_write_tokens >= 0),
  -- millionths of a US dollar; of an open call, what is reserved for it
  cost_micros INTEGER NOT NULL CHECK (cost_micros >= 0),
  -- tells equal requests, where the answer may be kept
  request TEXT,
  CHECK ((closed_at IS NULL) = (ended IS NULL))
) STRICT;
-- Each budget is a sum over one of these; they hold all that is summed.
CREATE INDEX model_calls_by_time ON model_calls (opened_at, closed_at, cost_micros, input_tokens, output_tokens);
CREATE INDEX model_calls_by_person ON model_calls (person, opened_at, closed_at, cost_micros, input_tokens, output_tokens);
CREATE INDEX model_calls_by_scope ON model_calls (scope, opened_at, closed_at, cost_micros, input_tokens, output_tokens);
CREATE INDEX model_calls_by_job ON model_calls (job_id);
CREATE INDEX model_calls_by_request ON model_calls (request) WHERE request IS NOT NULL;
CREATE INDEX model_calls_open ON model_calls (opened_at) WHERE closed_at IS NULL;

-- Budgets that somebody has set. A limit that is NULL is none; a budget without a row has what the settings say.
CREATE TABLE budgets (
  kind TEXT NOT NULL CHECK (kind IN ('house','person','project')),
  -- `person:<id>`, the project's id, or nothing for the house
  id TEXT NOT NULL,
  limit_micros INTEGER CHECK (limit_micros >= 0),
  limit_tokens INTEGER CHECK (limit_tokens >= 0),
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (kind, id),
  CHECK ((kind = 'house') = (id = ''))
) STRICT;

-- Whole answers, to be given again to the same question. The end line of a file stands in them as a blank form.
CREATE TABLE answers (
  request TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  made_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX answers_by_use ON answers (used_at, bytes);

-- Jobs that wait for a person, or for a budget to begin anew, are looked through now and again.
CREATE INDEX jobs_held ON jobs (created_at) WHERE state = 'held';

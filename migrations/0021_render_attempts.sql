-- Render attempts: what was decided for each try of a render, and why; how it went, and how long each stage took. `asked` is what the
-- plan was made for: a try of something else does not go on from it. `outcome` is `succeeded` or the code of what ended it.
CREATE TABLE render_attempts (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  asked TEXT NOT NULL CHECK (json_valid(asked)),
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  rung INTEGER NOT NULL CHECK (rung BETWEEN 0 AND 9),
  device_id TEXT NOT NULL CHECK (device_id <> ''),
  device_name TEXT NOT NULL,
  -- of the device, as the plan was made
  free_bytes INTEGER NOT NULL CHECK (free_bytes >= 0),
  total_bytes INTEGER NOT NULL CHECK (total_bytes >= 0),
  -- how long it was queued and waited for a device; the stages of the work itself are in `times`
  queued_ms INTEGER NOT NULL CHECK (queued_ms >= 0),
  waited_ms INTEGER NOT NULL CHECK (waited_ms >= 0),
  at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT CHECK (outcome <> ''),
  -- where the ladder goes on after memory ran out; null: nowhere
  next_rung INTEGER CHECK (next_rung BETWEEN 1 AND 9),
  -- where memory ran out, in which phase, and what a failed allocation wanted
  out_of TEXT CHECK (out_of IN ('device', 'host')),
  phase TEXT,
  wanted_bytes INTEGER CHECK (wanted_bytes >= 0),
  peak_bytes INTEGER CHECK (peak_bytes >= 0),
  times TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(times)),
  resumed_from INTEGER CHECK (resumed_from >= 0),
  resumed_on TEXT,
  PRIMARY KEY (job_id, attempt),
  CHECK ((ended_at IS NULL) = (outcome IS NULL)),
  CHECK (next_rung IS NULL OR outcome = 'gpu_out_of_memory')
) STRICT, WITHOUT ROWID;

-- What renders have taught of memory: the peak that was enough (the most of late), and one that was not. `model` is empty for an engine without weights.
CREATE TABLE learned_memory (
  engine TEXT NOT NULL CHECK (engine <> ''),
  model TEXT NOT NULL,
  device_name TEXT NOT NULL,
  size_class TEXT NOT NULL CHECK (size_class <> ''),
  memory TEXT NOT NULL CHECK (memory <> ''),
  peak_bytes INTEGER CHECK (peak_bytes > 0),
  more_than_bytes INTEGER CHECK (more_than_bytes > 0),
  runs INTEGER NOT NULL DEFAULT 0 CHECK (runs >= 0),
  at INTEGER NOT NULL,
  PRIMARY KEY (engine, model, device_name, size_class, memory),
  CHECK (peak_bytes IS NOT NULL OR more_than_bytes IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- And of time: a moving average per stage, cold (the model comes from the disk) and warm apart.
CREATE TABLE learned_times (
  engine TEXT NOT NULL CHECK (engine <> ''),
  model TEXT NOT NULL,
  device_name TEXT NOT NULL,
  size_class TEXT NOT NULL CHECK (size_class <> ''),
  memory TEXT NOT NULL CHECK (memory <> ''),
  start TEXT NOT NULL CHECK (start IN ('cold', 'warm')),
  stage TEXT NOT NULL CHECK (stage IN ('load', 'encode', 'step', 'decode', 'save')),
  ms REAL NOT NULL CHECK (ms >= 0),
  runs INTEGER NOT NULL CHECK (runs > 0),
  at INTEGER NOT NULL,
  PRIMARY KEY (engine, model, device_name, size_class, memory, start, stage)
) STRICT, WITHOUT ROWID;

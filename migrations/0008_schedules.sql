-- Schedules: work that comes again. `last_target` is the firing that was dealt with last, as planned and not as it came to
-- be: the next one follows from it, so that neither a restart nor a clock that jumps makes one twice. Built-in ones stay.
CREATE TABLE schedules (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  cron TEXT NOT NULL CHECK (cron <> ''),
  timezone TEXT NOT NULL CHECK (timezone <> ''),
  kind TEXT NOT NULL,
  input TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(input)),
  -- what becomes of firings that nobody was there for: one run for all of them, or none
  missed TEXT NOT NULL DEFAULT 'once' CHECK (missed IN ('once','skip')),
  built_in INTEGER NOT NULL DEFAULT 0 CHECK (built_in IN (0, 1)),
  paused_at INTEGER,
  last_target INTEGER NOT NULL,
  last_job TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

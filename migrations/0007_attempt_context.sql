-- Attempts keep what is needed to understand them long after: who worked on what, what had come, where it broke.
-- `queued_at` is when the attempt became due; `tail` is the end of the text that was received; no column holds a secret.
ALTER TABLE attempts ADD COLUMN stack TEXT;

ALTER TABLE attempts ADD COLUMN tail TEXT;

ALTER TABLE attempts ADD COLUMN provider TEXT;

ALTER TABLE attempts ADD COLUMN model TEXT;

ALTER TABLE attempts ADD COLUMN engine TEXT;

ALTER TABLE attempts ADD COLUMN device TEXT;

ALTER TABLE attempts ADD COLUMN input_hash TEXT;

ALTER TABLE attempts ADD COLUMN queued_at INTEGER;

ALTER TABLE attempts ADD COLUMN first_byte_at INTEGER;

-- What the attempts up to this one left behind does not count: a person had the job begin again from scratch.
ALTER TABLE jobs ADD COLUMN fresh_after INTEGER NOT NULL DEFAULT 0 CHECK (fresh_after <= attempt);

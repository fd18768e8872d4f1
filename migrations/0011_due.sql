-- When the next job gets due is the first entry of an index, however long the queue is.
CREATE INDEX jobs_due_next ON jobs (run_at) WHERE state = 'queued';

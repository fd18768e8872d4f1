-- Claims: what a look at the queue needs must not cost more when the queue is long. When the next job gets due, and
-- whether a job waits under which a server has died, are each the first entry of an index.
CREATE INDEX jobs_due_next ON jobs (run_at) WHERE state = 'queued';

CREATE INDEX jobs_suspected ON jobs (lane) WHERE state = 'queued' AND crashes > 0;

-- The task of a job is looked up for the job's page, and whenever a job is removed.
CREATE INDEX tasks_by_job ON tasks (job_id);

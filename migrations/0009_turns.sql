-- Turns: whose job comes next, so that nobody's many jobs keep others waiting. `owner` is the person that a job is done for.
-- `line` is the project, or '-' for work of no project.
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT 'system';

ALTER TABLE jobs ADD COLUMN line TEXT NOT NULL GENERATED ALWAYS AS (coalesce(scope, '-')) VIRTUAL;

UPDATE jobs SET owner = (SELECT created_by FROM projects WHERE projects.id = jobs.scope)
WHERE scope IN (SELECT id FROM projects);

-- One row per person (`line` is '') and per line with queued jobs in a lane. `turn` says when it last had one started, or came:
-- the lowest is the next.
CREATE TABLE turns (
  lane TEXT NOT NULL,
  owner TEXT NOT NULL,
  line TEXT NOT NULL,
  turn INTEGER NOT NULL,
  PRIMARY KEY (lane, owner, line)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX turns_of_people ON turns (lane, turn) WHERE line = '';

CREATE UNIQUE INDEX turns_of_projects ON turns (lane, owner, turn) WHERE line <> '';

CREATE INDEX turns_newest ON turns (lane, turn);

INSERT INTO turns (lane, owner, line, turn)
SELECT lane, owner, line, row_number() OVER (ORDER BY first) FROM (
  SELECT lane, owner, '' AS line, min(created_at) AS first FROM jobs WHERE state = 'queued' GROUP BY lane, owner
  UNION ALL
  SELECT lane, owner, line, min(created_at) FROM jobs WHERE state = 'queued' GROUP BY lane, owner, line
);

DROP INDEX jobs_to_claim;

CREATE INDEX jobs_in_line ON jobs (lane, owner, line, priority, run_at, created_at) WHERE state = 'queued';

CREATE INDEX jobs_due ON jobs (lane, priority DESC, run_at) WHERE state = 'queued';

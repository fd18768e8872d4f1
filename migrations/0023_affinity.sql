-- Affinity: what a job loads, such as the profile of a model. Within the line of one person's project, a job that finds
-- it loaded may go before some that do not; `passed_over` counts how often others did, so that nobody waits for ever.
ALTER TABLE jobs ADD COLUMN affinity TEXT CHECK (affinity <> '');

ALTER TABLE jobs ADD COLUMN passed_over INTEGER NOT NULL DEFAULT 0 CHECK (passed_over >= 0);

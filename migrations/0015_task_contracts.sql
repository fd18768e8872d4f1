-- Contracts: what a task's file promises to the others and takes from them, as the plan says it: JSON, NULL where nothing is said.
ALTER TABLE tasks ADD COLUMN contract TEXT CHECK (contract IS NULL OR json_valid(contract));

-- A task that mends a file: its path is another task's, or a file's that is there already.
ALTER TABLE tasks ADD COLUMN mends INTEGER NOT NULL DEFAULT 0 CHECK (mends IN (0, 1) AND (mends = 0 OR kind = 'write'));

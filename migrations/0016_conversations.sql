-- Conversations: what people and the model say to each other about a project, one a project.
CREATE TABLE conversations (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  project_id TEXT NOT NULL UNIQUE REFERENCES projects (id) ON DELETE CASCADE,
  -- what was said up to the message `summarised_to`, in short, so that a long conversation fits the model
  summary TEXT NOT NULL DEFAULT '',
  summarised_to INTEGER NOT NULL DEFAULT 0 CHECK (summarised_to >= 0),
  created_at INTEGER NOT NULL,
  CHECK ((summary = '') = (summarised_to = 0))
) STRICT;

-- Messages: a person's, and the rounds in which the model answers it. A person's message waits for the answer before it;
-- then a job takes it. `partial` is what an answer had said when it was stopped or failed.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('person','model')),
  answers TEXT REFERENCES messages (id) ON DELETE CASCADE,
  round INTEGER CHECK (round >= 1),
  state TEXT NOT NULL,
  text TEXT NOT NULL,
  author TEXT NOT NULL CHECK (author <> ''),
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  provider TEXT,
  model TEXT,
  usage TEXT CHECK (usage IS NULL OR json_valid(usage)),
  at INTEGER NOT NULL,
  CHECK ((role = 'model') = (answers IS NOT NULL)),
  CHECK ((role = 'model') = (round IS NOT NULL)),
  CHECK ((role = 'person' AND state IN ('waiting','taken')) OR (role = 'model' AND state IN ('whole','partial'))),
  UNIQUE (answers, round)
) STRICT;

CREATE INDEX messages_by_conversation ON messages (conversation_id, seq);

-- One answer at a time: the next message is taken when the job of the one before has ended.
CREATE INDEX messages_waiting ON messages (conversation_id, seq) WHERE state = 'waiting';

CREATE INDEX messages_by_job ON messages (job_id);

-- Tool calls: what the model wanted done in a round, in order. `asking`: a person must decide; `question` says on what.
-- A result is written in the transaction of the call's effect, so that no call is ever run twice to an effect.
CREATE TABLE tool_calls (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 0),
  -- the vendor's id of the call, and what it wants back with it
  call TEXT NOT NULL,
  signature TEXT,
  name TEXT NOT NULL,
  input TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting','asking','approved','refused','done','failed')),
  question TEXT CHECK (question IS NULL OR json_valid(question)),
  decided_by TEXT,
  result TEXT,
  at INTEGER NOT NULL,
  ended_at INTEGER,
  CHECK ((result IS NOT NULL) = (state IN ('refused','done','failed'))),
  CHECK ((ended_at IS NOT NULL) = (result IS NOT NULL)),
  CHECK (state NOT IN ('asking','approved') OR question IS NOT NULL),
  CHECK (state <> 'approved' OR decided_by IS NOT NULL),
  UNIQUE (message_id, position)
) STRICT;

-- Task edits: a wish for other tasks, in a person's words, and what a model made of it: shown before it is applied.
CREATE TABLE task_edits (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  request TEXT NOT NULL CHECK (request <> ''),
  author TEXT NOT NULL CHECK (author <> ''),
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  state TEXT NOT NULL CHECK (state IN ('asked','proposed','applied','discarded')),
  -- what would be done: each task before and after, with the version that it was seen at
  edits TEXT CHECK (edits IS NULL OR json_valid(edits)),
  -- what the model says of it, where there is something to say
  note TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  decided_at INTEGER,
  CHECK ((edits IS NOT NULL) OR state IN ('asked','discarded')),
  CHECK ((decided_at IS NOT NULL) = (state IN ('applied','discarded')))
) STRICT;

CREATE INDEX task_edits_by_project ON task_edits (project_id, at);

-- The day by which a task is to be done, as the last moment of it in UTC, ms since the epoch.
ALTER TABLE tasks ADD COLUMN due_at INTEGER;

-- Compactions: how far the stream of a project (`project:<id>`) or of a job (`job:<id>`) has been thinned out. `horizon` is
-- the seq of the last event that is gone: whoever has not read that far is told the present state instead.
CREATE TABLE compactions (
  stream TEXT PRIMARY KEY CHECK (stream LIKE 'project:%' OR stream LIKE 'job:%'),
  horizon INTEGER NOT NULL DEFAULT 0 CHECK (horizon >= 0),
  -- of a project: what had ended before this moment has been seen to
  up_to INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE scrub (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  unchecked_chunk INTEGER NOT NULL,
  unchecked_group INTEGER NOT NULL,
  next_chunk INTEGER NOT NULL,
  started_ms INTEGER,
  finished_ms INTEGER
);
--> statement-breakpoint
INSERT INTO scrub (one, unchecked_chunk, unchecked_group, next_chunk)
SELECT 1,
  (SELECT coalesce(max(id), 0) FROM chunks),
  max((SELECT coalesce(max(id), 0) FROM journal_a), (SELECT coalesce(max(id), 0) FROM journal_b)),
  0;
--> statement-breakpoint
CREATE TABLE damage (
  kind TEXT NOT NULL CHECK (kind IN ('chunk', 'summary', 'group', 'series')),
  ref INTEGER NOT NULL,
  sensor INTEGER,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  reason TEXT NOT NULL,
  found_ms INTEGER NOT NULL,
  b BLOB,
  PRIMARY KEY (kind, ref)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE series ADD COLUMN crc INTEGER;

CREATE TABLE sensors (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  machine TEXT NOT NULL,
  sensor TEXT NOT NULL,
  unit TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('number', 'binary', 'text')),
  review TEXT NOT NULL CHECK (review IN ('new', 'confirmed')),
  created_ms INTEGER NOT NULL
);
--> statement-breakpoint
CREATE TABLE sensor_states (
  sensor_num INTEGER NOT NULL,
  code INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (sensor_num, code)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE journal_a (
  id INTEGER PRIMARY KEY,
  b BLOB NOT NULL
);
--> statement-breakpoint
CREATE TABLE journal_b (
  id INTEGER PRIMARY KEY,
  b BLOB NOT NULL
);
--> statement-breakpoint
CREATE TABLE series (
  sensor INTEGER PRIMARY KEY,
  sealed_group INTEGER NOT NULL,
  newest_ms INTEGER NOT NULL,
  newest_value REAL NOT NULL,
  max_seq REAL,
  oldest_ms INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);
--> statement-breakpoint
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY,
  sensor INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  late INTEGER NOT NULL,
  n INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  min REAL NOT NULL,
  max REAL NOT NULL,
  sum REAL NOT NULL,
  minutes BLOB NOT NULL,
  data BLOB NOT NULL
);
--> statement-breakpoint
CREATE INDEX chunks_by_sensor ON chunks (sensor, last_ms, first_ms);
--> statement-breakpoint
CREATE INDEX chunks_late ON chunks (sensor) WHERE late = 1;
--> statement-breakpoint
CREATE TABLE retention (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  trusted_ms INTEGER NOT NULL
);
--> statement-breakpoint
CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  response TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) WITHOUT ROWID;

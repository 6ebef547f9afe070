CREATE TABLE machines (
  path TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT,
  tags TEXT NOT NULL,
  notes TEXT NOT NULL,
  review TEXT NOT NULL CHECK (review IN ('new', 'confirmed')),
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE sensors ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
--> statement-breakpoint
ALTER TABLE sensors ADD COLUMN deleted_ms INTEGER;
--> statement-breakpoint
CREATE TABLE maintenance_windows (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  title TEXT NOT NULL,
  timing TEXT NOT NULL,
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;

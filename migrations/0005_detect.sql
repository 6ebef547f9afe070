CREATE TABLE journal_cursors (
  name TEXT PRIMARY KEY NOT NULL,
  group_id INTEGER NOT NULL
);
--> statement-breakpoint
CREATE TABLE detector_states (
  sensor_num INTEGER PRIMARY KEY,
  group_id INTEGER NOT NULL,
  data BLOB NOT NULL
);
--> statement-breakpoint
CREATE TABLE findings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sensor_num INTEGER NOT NULL,
  detector TEXT NOT NULL,
  group_id INTEGER NOT NULL,
  item INTEGER NOT NULL,
  t_ms INTEGER NOT NULL,
  phase TEXT NOT NULL,
  severity TEXT NOT NULL,
  score REAL NOT NULL,
  reason TEXT NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX findings_once ON findings (detector, sensor_num, group_id, item);
--> statement-breakpoint
CREATE INDEX findings_by_sensor ON findings (sensor_num, id);
--> statement-breakpoint
CREATE INDEX findings_by_detector ON findings (detector, id);
--> statement-breakpoint
CREATE TRIGGER findings_not_changed BEFORE UPDATE ON findings
BEGIN SELECT RAISE(ABORT, 'findings are append-only'); END;
--> statement-breakpoint
CREATE TABLE finding_feedback (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  finding_id INTEGER NOT NULL,
  sensor_num INTEGER NOT NULL,
  detector TEXT NOT NULL,
  verdict TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at_ms INTEGER NOT NULL
);
--> statement-breakpoint
CREATE INDEX finding_feedback_of ON finding_feedback (finding_id, id);

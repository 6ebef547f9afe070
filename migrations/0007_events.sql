-- The one event log: what happened, append-only. A row with `route` 1 waits to be told to people and
-- machines: an alarm's transition is written here in its own transaction, so none can be missed.
create table events (
  id integer primary key autoincrement,
  -- Goes outside with every delivery; the same on each repeat.
  uid text not null unique,
  type text not null,
  -- `alarm:<id>`, `ticket:<id>`, `user:<id>` …
  subject text not null,
  severity text not null,
  t_ms integer not null,
  -- One sentence for people.
  text text not null,
  -- Name of who did it; null: Perch itself.
  actor text,
  -- JSON: what it was about, as it was then.
  body text not null,
  route integer not null
) strict;
--> statement-breakpoint
create index events_by_subject on events (subject, id);
--> statement-breakpoint
create index events_by_type on events (type, id);
--> statement-breakpoint
create index events_to_route on events (id) where route = 1;

-- Alarms (lib/alarms). A row is written with the events of its steps, in one transaction.
create table alarms (
  id integer primary key autoincrement,
  -- What it was raised for: one open alarm each.
  cause text not null,
  source text not null,
  severity text not null,
  state text not null,
  title text not null,
  -- Path of the machine; null: Perch itself.
  machine text,
  sensor_num integer,
  -- Full name when it last changed, to be found by.
  sensor text,
  value real,
  limit_value real,
  count integer not null,
  present integer not null,
  flapping integer not null,
  maintenance integer not null,
  raised_ms integer not null,
  last_ms integer not null,
  cleared_ms integer,
  acknowledged_ms integer,
  acknowledged_by text,
  shelved_until_ms integer,
  resolved_ms integer,
  -- Null while open, and when it ended by itself.
  resolved_by text,
  note text,
  verdict text,
  escalated integer not null,
  version integer not null,
  -- JSON: what it tells of (lib/alarms/record.ts).
  conditions text not null,
  -- JSON: sensors that a prediction named.
  drivers text not null,
  -- JSON: times that its next step depends on.
  timing text not null,
  -- When time alone moves it next; null: never.
  due_ms integer
) strict;
--> statement-breakpoint
create index alarms_live on alarms (id) where state <> 'resolved' or present = 1;
--> statement-breakpoint
create index alarms_by_state on alarms (state, id);
--> statement-breakpoint
create index alarms_shelved on alarms (shelved_until_ms) where shelved_until_ms is not null;
--> statement-breakpoint
create index alarms_by_machine on alarms (machine, id);
--> statement-breakpoint
create index alarms_by_sensor on alarms (sensor_num, id);
--> statement-breakpoint
create index alarms_resolved on alarms (resolved_ms) where state = 'resolved';
--> statement-breakpoint
-- How far the alarms have read findings and predictions; moves in the transaction of what came of them.
create table alarm_cursors (
  name text primary key,
  id integer not null
) strict;
--> statement-breakpoint
-- What was found before there were alarms raises none now.
insert into alarm_cursors (name, id)
  select 'findings', coalesce((select max(id) from findings), 0)
  union all select 'predictions', coalesce((select max(id) from predictions), 0);

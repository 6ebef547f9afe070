-- Models of machines: the newest few of each are kept. Bytes: gzip of lib/detect/forest's format.
create table models (
  id integer primary key autoincrement,
  machine text not null,
  version integer not null,
  created_ms integer not null,
  -- JSON array of full names
  sensors text not null,
  step_ms integer not null,
  from_ms integer not null,
  to_ms integer not null,
  rows integer not null,
  train_ms integer not null,
  -- JSON array of sentences
  notes text not null,
  size integer not null,
  bytes blob not null
) strict;
--> statement-breakpoint
create unique index models_by_machine on models (machine, version);
--> statement-breakpoint
-- What was said about machines: on a change of class, else every ten minutes.
create table predictions (
  id integer primary key autoincrement,
  machine text not null,
  t_ms integer not null,
  class text not null,
  score real not null,
  confidence real not null,
  action text not null,
  summary text not null,
  source text not null,
  model_version integer,
  -- JSON
  life text not null,
  parts text not null
) strict;
--> statement-breakpoint
create index predictions_by_machine on predictions (machine, id);
--> statement-breakpoint
create table model_log (
  id integer primary key autoincrement,
  t_ms integer not null,
  machine text,
  level text not null,
  message text not null
) strict;

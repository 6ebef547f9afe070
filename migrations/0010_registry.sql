-- A picture of the machine: JSON (file, type, bytes, width, height, alt), or null.
alter table machines add column photo text;
--> statement-breakpoint
-- JSON array: paths that the machine had before; readings that come under them are its own.
alter table machines add column former_paths text not null default '[]';
--> statement-breakpoint
alter table maintenance_windows add column deleted_ms integer;
--> statement-breakpoint
-- The present status of each sensor and machine, and since when: a restart goes on from it.
create table statuses (
  kind text not null,
  id text not null,
  status text not null,
  since_ms integer not null,
  primary key (kind, id)
) strict, without rowid;

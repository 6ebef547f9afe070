-- The unit that its device reports, when it says one.
alter table sensors add column device_unit text;
--> statement-breakpoint
-- JSON: units that the device reported beside that one, and what becomes of such readings.
alter table sensors add column other_units text;
--> statement-breakpoint
-- Machines whose devices gave times that are not believed.
create table device_clocks (
  machine text primary key,
  source text not null,
  fault text not null,
  -- As the device gave it.
  written text not null,
  ahead_ms integer not null,
  count integer not null,
  first_ms integer not null,
  last_ms integer not null
) strict;
--> statement-breakpoint
-- The latest retained message of each topic that was taken: a broker sends them again with each subscription.
create table retained_marks (
  topic text primary key,
  hash text not null,
  at_ms integer not null
) strict;

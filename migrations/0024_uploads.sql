-- How far each upload of readings is.
create table upload_cursors (
  name text primary key,
  -- Readings before this time are uploaded.
  at_ms integer not null
) strict;

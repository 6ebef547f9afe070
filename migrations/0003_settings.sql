-- Settings that somebody changed; what is not here has its default.
create table settings (
  key text primary key,
  -- JSON
  value text not null,
  changed_ms integer not null,
  changed_by text not null
) strict, without rowid;

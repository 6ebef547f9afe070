-- What people say and show about alarms and tickets.
create table comments (
  id integer primary key autoincrement,
  -- `alarm:<id>`, `ticket:T-12`.
  subject text not null,
  -- Person or key.
  author_id text not null,
  -- As they were called then.
  author text not null,
  -- Markdown; empty once it was deleted.
  text text not null,
  created_ms integer not null,
  edited_ms integer,
  deleted_ms integer
) strict;
--> statement-breakpoint
create index comments_by_subject on comments (subject, id);
--> statement-breakpoint
create table attachments (
  id integer primary key autoincrement,
  subject text not null,
  author_id text not null,
  author text not null,
  -- Random name of its file; not shown to anybody.
  file text not null unique,
  -- What its sender called it, cleaned.
  name text not null,
  -- MIME type by content.
  type text not null,
  bytes integer not null,
  -- Pixels of a picture.
  width integer,
  height integer,
  created_ms integer not null
) strict;
--> statement-breakpoint
create index attachments_by_subject on attachments (subject, id);

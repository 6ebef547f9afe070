-- Where messages can go to. Those that the environment sets have no row here, only a state.
create table channels (
  id text primary key,
  kind text not null,
  name text not null unique,
  -- JSON without secrets
  options text not null,
  -- JSON of the secret options, encrypted with the key in channels.key; its text is bound to the id.
  secrets text not null,
  -- JSON: a webhook's own choice of events; null: rules decide.
  subscription text,
  created_ms integer not null
) strict;
--> statement-breakpoint
create table channel_states (
  channel_id text primary key,
  enabled integer not null,
  -- Why Perch switched it off by itself.
  off_reason text,
  failing_since_ms integer,
  -- Of the last good delivery, and of the last try.
  ok_ms integer,
  tried_ms integer,
  -- What the far side said last.
  answer text
) strict;
--> statement-breakpoint
create table rules (
  id text primary key,
  -- JSON (lib/notify/rule.ts)
  spec text not null,
  created_ms integer not null
) strict;
--> statement-breakpoint
insert into rules (id, spec, created_ms) values (
  'default',
  '{"name":"Warnings and above, to everybody","recipients":[{"channel":"*"}]}',
  0
);
--> statement-breakpoint
-- Everything that leaves Perch is a row here first.
create table deliveries (
  id integer primary key autoincrement,
  -- Goes outside; the same on each repeat. That of the event, or of the digest.
  uid text not null,
  -- Null: a digest of others.
  event_id integer,
  event_type text not null,
  subject text not null,
  severity text not null,
  -- One sentence: what is told.
  text text not null,
  channel_id text not null,
  -- Address on the channel; empty: the channel's own recipients.
  target text not null,
  -- waiting, held, digest, delivered, failed, cancelled
  state text not null,
  -- Why it is sent, held or collected.
  why text not null,
  -- The digest that it is part of.
  digest_id integer,
  tries integer not null,
  -- When it is tried next; of a held one and a digest: when it may leave.
  next_ms integer not null,
  -- What the far side said last, and how long that took.
  answer text,
  took_ms integer,
  created_ms integer not null,
  done_ms integer
) strict;
--> statement-breakpoint
create unique index deliveries_once on deliveries (event_id, channel_id, target);
--> statement-breakpoint
create index deliveries_open on deliveries (channel_id, next_ms)
  where state in ('waiting', 'held', 'digest');
--> statement-breakpoint
create index deliveries_by_subject on deliveries (subject, channel_id, id);
--> statement-breakpoint
create index deliveries_by_state on deliveries (state, id);
--> statement-breakpoint
create index deliveries_by_digest on deliveries (digest_id) where digest_id is not null;
--> statement-breakpoint
create index deliveries_by_time on deliveries (created_ms);
--> statement-breakpoint
-- What each try led to; the newest few of a delivery. A row without outcome was cut short.
create table delivery_tries (
  delivery_id integer not null,
  n integer not null,
  t_ms integer not null,
  took_ms integer,
  -- delivered, retry, failed, gone
  outcome text,
  answer text,
  primary key (delivery_id, n)
) strict, without rowid;
--> statement-breakpoint
create index delivery_tries_by_time on delivery_tries (t_ms);
--> statement-breakpoint
-- What every rule said to an event.
create table routings (
  event_id integer primary key,
  subject text not null,
  t_ms integer not null,
  -- JSON (lib/notify/routing.ts)
  decisions text not null
) strict;
--> statement-breakpoint
create index routings_by_subject on routings (subject, event_id);

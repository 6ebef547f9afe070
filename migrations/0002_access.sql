-- People, how they prove who they are, and what they did.

create table users (
  id text primary key,
  -- lower case; the name to sign in with
  email text not null,
  name text not null default '',
  role text not null check (role in ('viewer', 'engineer', 'admin')),
  state text not null check (state in ('invited', 'active', 'disabled', 'deleted')),
  -- argon2id in PHC form; null until an invitation is taken up
  password text,
  -- base32 secret of the second factor; null = off
  totp text,
  -- number of the last accepted time step, so that a code counts once
  totp_step integer not null default 0,
  -- the simulator's demonstration accounts: whether their password is the documented one
  demo text check (demo in ('loopback', 'lan')),
  created_ms integer not null,
  last_sign_in_ms integer
) strict;
--> statement-breakpoint
create unique index users_email on users (email) where state <> 'deleted';
--> statement-breakpoint

-- One per browser sign-in (opaque cookie) or API sign-in (family of refresh tokens).
create table sessions (
  id text primary key,
  user_id text not null references users (id),
  kind text not null check (kind in ('browser', 'api')),
  -- SHA-256 of the cookie; null for API sessions
  hash text unique,
  created_ms integer not null,
  last_used_ms integer not null,
  expires_ms integer not null,
  address text not null,
  agent text not null
) strict;
--> statement-breakpoint
create index sessions_user on sessions (user_id);
--> statement-breakpoint

-- SHA-256 of every refresh token of a family: one that comes back after it was replaced was stolen.
create table refresh_tokens (
  hash text primary key,
  session_id text not null references sessions (id),
  created_ms integer not null,
  replaced_ms integer
) strict, without rowid;
--> statement-breakpoint
create index refresh_tokens_session on refresh_tokens (session_id);
--> statement-breakpoint

-- API keys and device keys (the latter limited to one machine; also MQTT user and password).
create table access_keys (
  id text primary key,
  name text not null,
  kind text not null check (kind in ('api', 'device')),
  hash text not null unique,
  -- first characters, to recognise it in a list
  hint text not null,
  role text not null check (role in ('viewer', 'engineer', 'admin')),
  -- JSON array; null = all that the role may
  scopes text,
  -- machine path of a device key
  machine text,
  created_ms integer not null,
  created_by text not null,
  expires_ms integer,
  last_used_ms integer
) strict;
--> statement-breakpoint

-- Invitations and password resets: one use each.
create table one_use_links (
  hash text primary key,
  kind text not null check (kind in ('invite', 'reset')),
  user_id text not null references users (id),
  created_ms integer not null,
  expires_ms integer not null
) strict, without rowid;
--> statement-breakpoint

-- SHA-256 of unused recovery codes of the second factor.
create table recovery_codes (
  user_id text not null references users (id),
  hash text not null,
  primary key (user_id, hash)
) strict, without rowid;
--> statement-breakpoint

-- Recent wrong sign-ins per account and address (hashed: people type passwords into the wrong field).
create table sign_in_failures (
  bucket text primary key,
  -- JSON array of epoch ms
  times text not null,
  last_ms integer not null
) strict, without rowid;
--> statement-breakpoint

-- Who did what. Append-only: the triggers refuse everything else.
create table audit (
  id integer primary key autoincrement,
  ts_ms integer not null,
  actor_kind text not null,
  actor_id text,
  actor_name text not null,
  action text not null,
  resource text not null,
  -- JSON, secrets left out
  before text,
  after text,
  address text,
  agent text
) strict;
--> statement-breakpoint
create index audit_ts on audit (ts_ms);
--> statement-breakpoint
create trigger audit_no_update before update on audit
begin
  select raise(abort, 'the audit log is append-only');
end;
--> statement-breakpoint
create trigger audit_no_delete before delete on audit
begin
  select raise(abort, 'the audit log is append-only');
end;

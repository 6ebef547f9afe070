-- Who changed a thing last: the row of the audit log that says so. Written in the transaction of each change.
create table changed (
  -- What was changed: `rule:x4…`, `ticket:T-12`, `ticket:T-12/words` for what was said about it.
  key text primary key,
  audit_id integer not null
) strict, without rowid;
--> statement-breakpoint
-- Compare-and-set: a transaction begins by inserting what its author had seen, {"<key>": <audit id>, …},
-- and fails when one of the keys was changed after that. Nothing is stored.
create view unchanged_since as select key as seen from changed where false;
--> statement-breakpoint
create trigger unchanged_since_check instead of insert on unchanged_since
when exists (
  select 1 from json_each(new.seen) as wanted
  join changed on changed.key = wanted.key
  where changed.audit_id > wanted.value
)
begin
  select raise(abort, 'overtaken by another change');
end;
--> statement-breakpoint
-- What is said about an alarm that is deleted in the same moment is refused, not swept away.
create trigger comments_alarm before insert on comments
when new.subject like 'alarm:%'
  and not exists (select 1 from alarms where id = cast(substr(new.subject, 7) as integer))
begin
  select raise(abort, 'the alarm is gone');
end;
--> statement-breakpoint
create trigger attachments_alarm before insert on attachments
when new.subject like 'alarm:%'
  and not exists (select 1 from alarms where id = cast(substr(new.subject, 7) as integer))
begin
  select raise(abort, 'the alarm is gone');
end;

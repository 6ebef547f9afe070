-- Work on what is wrong: opened by an alarm or by a person.
create table tickets (
  -- T-12 is number 12. Numbers are never used again.
  id integer primary key,
  title text not null,
  description text not null,
  state text not null,
  priority text not null,
  -- Id of the person.
  assignee_id text,
  due_ms integer,
  -- 1: it was told that the due date is over.
  overdue_told integer not null,
  machine_id text,
  -- One ticket for each alarm.
  alarm_id text unique,
  -- real, false_alarm; null: nobody said.
  verdict text,
  -- What was said when it was resolved.
  note text,
  created_ms integer not null,
  -- Names of people; null: Perch itself.
  created_by text,
  changed_ms integer not null,
  changed_by text,
  started_ms integer,
  resolved_ms integer,
  resolved_by text,
  closed_ms integer,
  version integer not null
) strict;
--> statement-breakpoint
create index tickets_by_state on tickets (state, id);
--> statement-breakpoint
create index tickets_by_machine on tickets (machine_id, id);
--> statement-breakpoint
create index tickets_by_assignee on tickets (assignee_id, id);
--> statement-breakpoint
create index tickets_due on tickets (due_ms) where overdue_told = 0;
--> statement-breakpoint
-- Two people at once: the slower one's whole transaction fails.
create trigger tickets_version before update of version on tickets
when new.version <> old.version + 1
begin
  select raise(abort, 'the ticket was changed meanwhile');
end;

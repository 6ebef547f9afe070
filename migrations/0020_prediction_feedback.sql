-- What people said of a prediction, with the time in which the machine was as unusual. The newest 5 000.
create table prediction_feedback (
  id integer primary key autoincrement,
  prediction_id integer not null,
  machine text not null,
  from_ms integer not null,
  to_ms integer not null,
  verdict text not null,
  by_name text not null,
  at_ms integer not null
) strict;
--> statement-breakpoint
create index prediction_feedback_of on prediction_feedback (prediction_id, id);
--> statement-breakpoint
create index prediction_feedback_by_machine on prediction_feedback (machine, id);

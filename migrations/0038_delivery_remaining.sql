-- JSON: recipients that have not got the message yet, when the far side judged them one by one; null: all or none.
alter table deliveries add column remaining text;

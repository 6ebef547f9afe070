-- readable from: 0024_uploads
-- Words and properties of each event (lib/events/terms.ts), a row for each; its rowid is the event's id. It holds
-- no texts, and is filled some minutes after the events, many at once: an append does not wait for it.
CREATE VIRTUAL TABLE event_words USING fts5(
  words, content = '', detail = none, tokenize = "ascii tokenchars '_.'"
);

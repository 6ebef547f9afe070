-- The time that Perch trusts, kept from the first start: every deletion by age and every sign-in's life is judged
-- by it. It replaces the clock of retention, which was kept only after a deletion.
DROP TABLE retention;
--> statement-breakpoint
CREATE TABLE trusted_clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  trusted_ms INTEGER NOT NULL,
  credit_ms INTEGER NOT NULL,
  stood_ms INTEGER NOT NULL,
  unproven_ms INTEGER NOT NULL,
  known INTEGER NOT NULL
);

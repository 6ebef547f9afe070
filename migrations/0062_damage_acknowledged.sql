-- When a person said that they know of it. Later damage, and the same found again, is told anew.
ALTER TABLE damage ADD COLUMN acknowledged_ms INTEGER;

-- Who holds this database: one row. `epoch` counts up with every start; what is written carries it, so that a
-- Perch that was replaced writes nothing any more.
CREATE TABLE owner (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  -- Host and data directory, hashed: who starts there holds the lock of the one before.
  place TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  -- On a libSQL server: its own time of the last sign of life; 0 after a clean end. In a file: 0.
  beat_ms INTEGER NOT NULL
);

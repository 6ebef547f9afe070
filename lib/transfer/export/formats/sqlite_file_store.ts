/** A SQLite file of its own with plain tables: what Perch keeps packed, for whoever asks it with SQL. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isText, noteAt, numberOf, textOf } from "../cells.ts";
import {
  type Block,
  type ExportHead,
  isLong,
  type LongBlock,
  NO_BYTES,
  type TableWriter,
} from "../table.ts";

/**
 * Nobody reads the file before it is whole, and who is interrupted begins anew: no journal is needed. Rows come in
 * order: a small cache will do.
 */
const PRAGMAS = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1024;";
const TABLES = `
CREATE TABLE perch (site TEXT NOT NULL, name TEXT NOT NULL, made_ms INTEGER NOT NULL,
  from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, step_ms INTEGER);
CREATE TABLE sensors (sensor INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
  machine TEXT NOT NULL, unit TEXT, kind TEXT NOT NULL);
CREATE TABLE readings (sensor INTEGER NOT NULL REFERENCES sensors, t_ms INTEGER NOT NULL,
  same INTEGER NOT NULL, value REAL, text TEXT, min REAL, max REAL, n INTEGER, note TEXT,
  PRIMARY KEY (sensor, t_ms, same)) WITHOUT ROWID;
CREATE VIEW history AS SELECT strftime('%Y-%m-%dT%H:%M:%fZ', t_ms / 1000.0, 'unixepoch') AS time,
  name, machine, value, text, min, max, n, unit, note, t_ms
  FROM readings JOIN sensors USING (sensor);
`;
const INSERT = "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

export function sqliteWriter(head: ExportHead, path: string): TableWriter {
  const db = new DatabaseSync(path);
  let insert: StatementSync | null = null;
  /**
   * Of the row before: readings of the same millisecond are counted, and a minute or an hour may begin at the
   * very time of a reading.
   */
  let last = { series: -1, tMs: NaN, same: 0 };
  const first = { raw: 0, minute: -1, hour: -2 };

  function writeHead(): void {
    const { site, madeMs, fromMs, toMs, stepMs, series } = head;
    db.prepare("INSERT INTO perch VALUES (?, ?, ?, ?, ?, ?)")
      .run(site.site, site.name, madeMs, fromMs, toMs, stepMs);
    const sensor = db.prepare("INSERT INTO sensors VALUES (?, ?, ?, ?, ?, ?)");
    series.forEach(({ id, name, machine, unit, kind }, number) => {
      sensor.run(number + 1, id, name, machine, unit, kind);
    });
  }

  function writeRows(block: LongBlock): void {
    const series = head.series[block.series];
    const texts = isText(series);
    const { tMs, value, spread } = block;
    const from = head.stepMs === null ? first[block.tier] : 0;
    for (let i = 0; i < tMs.length; i++) {
      const isSame = last.series === block.series && last.tMs === tMs[i];
      last = { series: block.series, tMs: tMs[i], same: isSame ? last.same + 1 : from };
      insert!.run(
        block.series + 1,
        tMs[i],
        last.same,
        texts ? null : numberOf(series, value[i]),
        texts ? textOf(series, value[i]) : null,
        spread === null ? null : numberOf(series, spread.min[i]),
        spread === null ? null : numberOf(series, spread.max[i]),
        spread === null ? null : spread.n[i],
        noteAt(block, i, head.stepMs),
      );
    }
  }

  function inTransaction(run: () => void): void {
    db.exec("BEGIN");
    run();
    db.exec("COMMIT");
  }

  return {
    begin() {
      db.exec(PRAGMAS);
      db.exec(TABLES);
      insert = db.prepare(INSERT);
      inTransaction(writeHead);
      return NO_BYTES;
    },
    write(block: Block) {
      if (isLong(block)) inTransaction(() => writeRows(block));
      return NO_BYTES;
    },
    end() {
      db.close();
      return NO_BYTES;
    },
    close() {
      if (db.isOpen) db.close();
    },
  };
}

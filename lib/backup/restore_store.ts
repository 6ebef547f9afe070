/**
 * Reads what is compared of two databases, and writes into the restored one who may sign in. By hand: the tables
 * are those of the Perch that wrote the archive, which may have fewer columns than the schema of today.
 */
import type { SqlResult, SqlStatement, SqlValue } from "../db/client.ts";
import { PerchError } from "../base/errors.ts";
import { journalState, readJournal } from "../readings/journal_store.ts";
import type { PlantState, ReadingTotals, Row, SensorTotal } from "./plant_state.ts";

/** One statement on a database that this process has open. */
export type Query = (statement: SqlStatement) => Promise<SqlResult>;

/** Whose texts are read. */
export const TABLES = [
  ...["plant", "users", "access_keys", "recovery_codes", "channels", "channel_states"],
  ...["owner", "series", "chunks"],
];

/** Reads it. @throws PerchError `validation` when this is no database of a plant */
export async function readPlant(query: Query): Promise<PlantState> {
  const names = await rowsOf(
    query,
    "select cast(name as blob) as name from sqlite_master where type = 'table'",
  );
  const tables = new Set(
    names.map(({ name }) => new TextDecoder().decode(name as Uint8Array<ArrayBuffer>)),
  );
  if (!tables.has("users") || !tables.has("access_keys")) {
    throw new PerchError("validation", "the database has no people in it: it is not one of Perch");
  }
  const read = async (table: string, sql = `select * from ${table}`) =>
    tables.has(table) ? await rowsOf(query, sql) : [];
  const idsOf = async (table: string, where: string) =>
    (await read(table, `select id from ${table} where ${where}`)).map(({ id }) => String(id));
  const [plant] = await read("plant");
  const [owner] = await read("owner", "select epoch from owner limit 1");
  return {
    plant: plant ?? null,
    users: await read("users"),
    keys: await read("access_keys"),
    recoveryCodes: await read("recovery_codes"),
    screens: await idsOf("kiosk_links", "revoked_ms is null"),
    browsers: await idsOf("push_subscriptions", "true"),
    channels: await read(
      "channels",
      "select c.id, c.name, c.secrets, coalesce(s.enabled, 1) as enabled from channels c " +
        "left join channel_states s on s.channel_id = c.id order by c.name",
    ),
    alarms: (await read("alarms", "select id from alarms")).map(({ id }) => Number(id)),
    tickets: (await read("tickets", "select id from tickets")).map(({ id }) => Number(id)),
    epoch: Number(owner?.epoch ?? 0),
    readings: tables.has("chunks") ? await readTotals(query) : { sensors: new Map(), chunks: [] },
  };
}

async function readTotals(query: Query): Promise<ReadingTotals> {
  const sensors = new Map<number, SensorTotal>();
  const add = (sensor: number, n: number, firstMs: number, lastMs: number, tailMs: number) => {
    const before = sensors.get(sensor) ??
      { n: 0, oldestMs: Infinity, newestMs: 0, tailMs: Infinity };
    sensors.set(sensor, {
      n: before.n + n,
      oldestMs: Math.min(before.oldestMs, firstMs),
      newestMs: Math.max(before.newestMs, lastMs),
      tailMs: Math.min(before.tailMs, tailMs),
    });
  };
  const chunks = (await rowsOf(
    query,
    "select sensor, first_ms, last_ms, n, bytes, sum from chunks",
  )).map((row) => {
    const chunk = {
      sensor: Number(row.sensor),
      firstMs: Number(row.first_ms),
      lastMs: Number(row.last_ms),
      n: Number(row.n),
      bytes: Number(row.bytes),
      sum: Number(row.sum),
    };
    add(chunk.sensor, chunk.n, chunk.firstMs, chunk.lastMs, Infinity);
    return chunk;
  });
  const sealed = new Map(
    (await rowsOf(query, "select sensor, sealed_group from series"))
      .map((row) => [Number(row.sensor), Number(row.sealed_group)]),
  );
  // Blobs in parts of 2 MB, one after the other, as from a server: nobody waits long for one of them.
  const connection = { kind: "server", query } as const;
  for (const table of ["journal_a", "journal_b"] as const) {
    await readJournal(connection, table, await journalState(connection, table), {
      uncheckedGroup: Infinity,
      group({ groupId, columns: { n, sensor, tMs } }) {
        for (let i = 0; i < n; i++) {
          if (groupId > (sealed.get(sensor[i]) ?? 0)) {
            add(sensor[i], 1, Infinity, tMs[i], tMs[i]);
          }
        }
      },
      damaged() {},
    });
  }
  return { sensors, chunks };
}

/** A sensor by its name, and what its readings stand for. */
export interface NamedSensor {
  machine: string;
  sensor: string;
  unit: string | null;
  kind: string;
  /** Of a sensor of texts, by their codes. */
  texts: ReadonlyMap<number, string>;
}

/** All of them, by storage number. */
export async function sensorsIn(query: Query): Promise<Map<number, NamedSensor>> {
  const texts = new Map<number, Map<number, string>>();
  for (const row of await rowsOf(query, "select sensor_num, code, text from sensor_states")) {
    const num = Number(row.sensor_num);
    if (!texts.has(num)) texts.set(num, new Map());
    texts.get(num)!.set(Number(row.code), String(row.text));
  }
  const sensors = await rowsOf(query, "select num, machine, sensor, unit, kind from sensors");
  return new Map(sensors.map(({ num, machine, sensor, unit, kind }) => [Number(num), {
    machine: String(machine),
    sensor: String(sensor),
    unit: unit === null ? null : String(unit),
    kind: String(kind),
    texts: texts.get(Number(num)) ?? new Map(),
  }]));
}

/** Nobody is signed in, no link works any more. */
export function endSignIns(): SqlStatement[] {
  return ["refresh_tokens", "sessions", "one_use_links"].map((table) => ({
    sql: `delete from ${table}`,
  }));
}

/**
 * Who may sign in, and with which keys, is as in `live`: its people, recovery codes and keys take the place of
 * those in the restored database. `others` are in the restored one alone. Links of screens and browsers that get
 * notices come back only where they still are.
 */
export function keepAccess(
  live: PlantState,
  restored: PlantState,
  others: readonly { id: string; state: "disabled" | "deleted" }[],
  nowMs: number,
): SqlStatement[] {
  return [
    { sql: "delete from recovery_codes" },
    { sql: "delete from access_keys" },
    // An address is unique among those who are not deleted; it may have changed hands since.
    { sql: "update users set state = 'deleted'" },
    ...live.users.flatMap((row) => putRow("users", "id", row, columnsOf(restored.users, row))),
    ...others.map(({ id, state }) => ({
      sql: "update users set state = ?, password = null, totp = null where id = ?",
      args: [state, id],
    })),
    ...live.recoveryCodes.map((row) => insertRow("recovery_codes", row, Object.keys(row))),
    ...live.keys.map((row) => insertRow("access_keys", row, columnsOf(restored.keys, row))),
    {
      sql: "update kiosk_links set revoked_ms = ? where revoked_ms is null " +
        "and id not in (select value from json_each(?))",
      args: [nowMs, JSON.stringify(live.screens)],
    },
    {
      sql: "delete from push_subscriptions where id not in (select value from json_each(?))",
      args: [JSON.stringify(live.browsers)],
    },
  ];
}

/**
 * The plant stays who it is, and its backups go to whom they go now; they go on counting above `sequence`.
 * Nothing to do in a database from before plants had a row.
 */
export function keepPlant(
  live: Row | null,
  restored: Row | null,
  sequence: number,
): SqlStatement[] {
  if (restored === null) return [];
  const row = { ...(live ?? restored), backup_sequence: sequence };
  return [
    { sql: "delete from plant" },
    insertRow("plant", row, Object.keys(row).filter((name) => name in restored)),
  ];
}

/** The channel's secrets as they are now. */
export function keepSecrets(id: string, secrets: SqlValue): SqlStatement {
  return { sql: "update channels set secrets = ? where id = ?", args: [secrets, id] };
}

/** Nothing leaves through the channel until a person switches it on. */
export function switchOff(id: string, reason: string): SqlStatement {
  return {
    sql: "insert into channel_states (channel_id, enabled, off_reason) values (?, 0, ?) " +
      "on conflict (channel_id) do update set enabled = 0, off_reason = excluded.off_reason",
    args: [id, reason],
  };
}

/** The next owner's epoch is higher than any before, of either database. */
export function raiseEpoch(epoch: number): SqlStatement {
  return { sql: "update owner set epoch = ? where id = 1", args: [epoch] };
}

/** Numbers that were forwarded may mean something else from now on: what comes begins a new epoch. */
export function newForwardEpoch(epoch: string): SqlStatement {
  return {
    sql: "insert into forward_epochs (epoch, after_group, after_event) select ?, " +
      "max((select coalesce(max(id), 0) from journal_a), (select coalesce(max(id), 0) from journal_b), " +
      "(select coalesce(max(id), 0) from journal_kept), " +
      "(select coalesce(max(sealed_group), 0) from series)), " +
      "(select coalesce(max(id), 0) from events) where exists (select 1 from forward_epochs)",
    args: [epoch],
  };
}

/**
 * Those of the statements above whose table is in the database: one of an earlier Perch has fewer tables, and there
 * is nothing in them to end or to keep.
 */
export async function possibleIn(
  query: Query,
  statements: readonly SqlStatement[],
): Promise<SqlStatement[]> {
  const { rows } = await query({ sql: "select name from sqlite_master where type = 'table'" });
  const tables = new Set(rows.map(([name]) => String(name)));
  return statements.filter(({ sql }) =>
    tables.has(/^(?:delete from|insert into|update) (\w+)/.exec(sql)?.[1] ?? "")
  );
}

/** What was approved when the backup was made is not approved here: `RestoredRecord.scripts` waits. */
export function forgetScripts(): SqlStatement {
  return { sql: "delete from scripts" };
}

/** Says in the restored database's own log that it was restored. */
export function auditRestore(
  row: { nowMs: number; by: string; file: string; after: unknown },
): SqlStatement {
  return {
    sql: "insert into audit (ts_ms, actor_kind, actor_name, action, resource, after) " +
      "values (?, 'system', ?, 'backup.restore', ?, ?)",
    args: [row.nowMs, row.by, `backup:${row.file}`, JSON.stringify(row.after)],
  };
}

/** Columns that both databases have; all of the row's where the table of the other one is empty. */
function columnsOf(others: readonly Row[], row: Row): string[] {
  const [other] = others;
  return Object.keys(row).filter((name) => other === undefined || name in other);
}

function putRow(table: string, key: string, row: Row, columns: readonly string[]): SqlStatement {
  const { sql, args } = insertRow(table, row, columns);
  const set = columns.filter((name) => name !== key).map((name) => `${name} = excluded.${name}`);
  return { sql: `${sql} on conflict (${key}) do update set ${set.join(", ")}`, args };
}

function insertRow(table: string, row: Row, columns: readonly string[]): SqlStatement {
  const marks = columns.map(() => "?").join(", ");
  return {
    sql: `insert into ${table} (${columns.join(", ")}) values (${marks})`,
    args: columns.map((name) => row[name]),
  };
}

async function rowsOf(query: Query, sql: string): Promise<Row[]> {
  const { columns, rows } = await query({ sql });
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

import type { Database, SqlStatement } from "../../db/client.ts";
import {
  type Conditions,
  conditions,
  listPage,
  type PageOf,
  type PageQuery,
  type Row,
  rowsOf,
} from "../../db/list.ts";
import type { Verdict } from "../../words/verdict.ts";
import { FEATURES } from "../forest/features.ts";
import type {
  FeatureShare,
  LogRow,
  ModelInfo,
  Outlook,
  SensorShare,
  StoredOutlook,
} from "./shapes.ts";

/** Versions kept of each machine's model. */
export const VERSIONS_KEPT = 3;
/** Predictions and log lines kept, of all machines together. */
export const PREDICTIONS_KEPT = 20_000;
const LOG_KEPT = 500;

export interface OutlookQuery extends PageQuery {
  machine?: string;
  class?: Outlook["class"];
  source?: Outlook["source"];
  fromMs?: number;
  toMs?: number;
}

export interface LogQuery extends PageQuery {
  machine?: string;
  level?: LogRow["level"];
}

/** The tables `models`, `predictions` and `model_log`. */
export interface PredictStore {
  /** Every stored model, newest version first within a machine. */
  models(machine?: string): Promise<ModelInfo[]>;
  /** The bytes of a model as `lib/detect/forest` saves them; null when it is gone. */
  bytesOf(id: number): Promise<Uint8Array | null>;
  /** Stores the next version and forgets the oldest ones. */
  addModel(model: Omit<ModelInfo, "id" | "version">, packed: Uint8Array): Promise<ModelInfo>;
  addOutlook(outlook: Outlook): Promise<StoredOutlook>;
  /** The newest stored one of every machine. */
  latest(): Promise<StoredOutlook[]>;
  outlooks(query: OutlookQuery): Promise<PageOf<StoredOutlook>>;
  outlook(id: number): Promise<StoredOutlook | null>;
  /** Those that were stored after the one with this id, oldest first. */
  outlooksAfter(id: number, limit: number): Promise<StoredOutlook[]>;
  addLog(row: Omit<LogRow, "id">): Promise<void>;
  log(query: LogQuery): Promise<PageOf<LogRow>>;
  /** Statements that give everything of a machine its new path. */
  move(from: string, to: string): Promise<SqlStatement[]>;
}

/** A stored prediction with the last word on it. */
const OUTLOOKS = "select *, (select verdict from prediction_feedback b " +
  "where b.prediction_id = predictions.id order by b.id desc limit 1) verdict from predictions";
const MODEL_COLUMNS = "id, machine, version, created_ms, sensors, step_ms, from_ms, to_ms, rows, " +
  "train_ms, notes, size";

export function createPredictStore(db: Database): PredictStore {
  const models = async (machine?: string) => {
    const where = machine === undefined ? "" : "where machine = ?";
    const result = await db.query({
      sql: `select ${MODEL_COLUMNS} from models ${where} order by machine, version desc`,
      args: machine === undefined ? [] : [machine],
    });
    return rowsOf(result).map(modelOf);
  };

  return {
    models,
    async bytesOf(id) {
      const { rows } = await db.query({ sql: "select bytes from models where id = ?", args: [id] });
      return rows.length === 0 ? null : await unpack(rows[0][0] as Uint8Array);
    },
    async addModel(model, packed) {
      await db.write([insertModel(model, packed), {
        sql: "delete from models where machine = ? and version <= " +
          "(select max(version) from models where machine = ?) - ?",
        args: [model.machine, model.machine, VERSIONS_KEPT],
      }]);
      return (await models(model.machine))[0];
    },
    async addOutlook(outlook) {
      const { rows } = (await db.write([
        insertOutlook(outlook),
        { sql: "select last_insert_rowid()" },
        bounded("predictions", PREDICTIONS_KEPT),
      ]))[1];
      return { ...outlook, id: Number(rows[0][0]), verdict: null };
    },
    async latest() {
      const result = await db.query({
        sql: `${OUTLOOKS} where id in ` +
          "(select max(id) from predictions group by machine) order by machine",
      });
      return rowsOf(result).map(outlookOf);
    },
    async outlooks(query) {
      const wanted = outlookConditions(query);
      const { items, next } = await listPage(db, OUTLOOKS, wanted, query);
      return { items: items.map(outlookOf), next };
    },
    async outlook(id) {
      const result = await db.query({ sql: `${OUTLOOKS} where id = ?`, args: [id] });
      const [row] = rowsOf(result);
      return row === undefined ? null : outlookOf(row);
    },
    async outlooksAfter(id, limit) {
      const result = await db.query({
        sql: "select * from predictions where id > ? order by id limit ?",
        args: [id, limit],
      });
      return rowsOf(result).map(outlookOf);
    },
    async addLog({ tMs, machine, level, message }) {
      await db.write([{
        sql: "insert into model_log (t_ms, machine, level, message) values (?,?,?,?)",
        args: [tMs, machine, level, message.slice(0, 2000)],
      }, bounded("model_log", LOG_KEPT)]);
    },
    async move(from, to) {
      const renamed = (name: string) =>
        name.startsWith(`${from}/`) ? to + name.slice(from.length) : name;
      const own = await models(from);
      return [
        ...own.map(({ id, sensors }) => ({
          sql: "update models set machine = ?, sensors = ? where id = ?",
          args: [to, JSON.stringify(sensors.map(renamed)), id],
        })),
        { sql: "update predictions set machine = ? where machine = ?", args: [to, from] },
        { sql: "update prediction_feedback set machine = ? where machine = ?", args: [to, from] },
        { sql: "update model_log set machine = ? where machine = ?", args: [to, from] },
      ];
    },
    async log(query) {
      const wanted = conditions();
      if (query.machine !== undefined) wanted.add("machine = ?", query.machine);
      if (query.level !== undefined) wanted.add("level = ?", query.level);
      const { items, next } = await listPage(db, "select * from model_log", wanted, query);
      return { items: items.map(logOf), next };
    },
  };
}

function insertModel(
  model: Omit<ModelInfo, "id" | "version">,
  packed: Uint8Array,
): SqlStatement {
  return {
    sql: "insert into models (machine, version, created_ms, sensors, step_ms, from_ms, to_ms, " +
      "rows, train_ms, notes, size, bytes) values (?, " +
      "(select coalesce(max(version), 0) + 1 from models where machine = ?), ?,?,?,?,?,?,?,?,?,?)",
    args: [
      model.machine,
      model.machine,
      model.createdMs,
      JSON.stringify(model.sensors),
      model.stepMs,
      model.fromMs,
      model.toMs,
      model.rows,
      Math.round(model.trainMs),
      JSON.stringify(model.notes),
      model.bytes,
      packed,
    ],
  };
}

function insertOutlook(outlook: Outlook): SqlStatement {
  return {
    sql: "insert into predictions (machine, t_ms, class, score, confidence, action, summary, " +
      "source, model_version, life, parts) values (?,?,?,?,?,?,?,?,?,?,?)",
    args: [
      outlook.machine,
      outlook.tMs,
      outlook.class,
      outlook.score,
      outlook.confidence,
      outlook.action,
      outlook.summary,
      outlook.source,
      outlook.modelVersion,
      JSON.stringify(outlook.life),
      JSON.stringify({
        sensors: outlook.sensors.map(packShare),
        features: outlook.features.map((f) => [...packShare(f), f.sensor]),
      }),
    ],
  };
}

function bounded(table: "predictions" | "model_log", kept: number): SqlStatement {
  return { sql: `delete from ${table} where id <= (select max(id) from ${table}) - ${kept}` };
}

function outlookConditions(query: OutlookQuery): Conditions {
  const wanted = conditions();
  if (query.machine !== undefined) wanted.add("machine = ?", query.machine);
  if (query.class !== undefined) wanted.add("class = ?", query.class);
  if (query.source !== undefined) wanted.add("source = ?", query.source);
  if (query.fromMs !== undefined) wanted.add("t_ms >= ?", query.fromMs);
  if (query.toMs !== undefined) wanted.add("t_ms < ?", query.toMs);
  return wanted;
}

function modelOf(row: Row): ModelInfo {
  return {
    id: Number(row.id),
    machine: String(row.machine),
    version: Number(row.version),
    createdMs: Number(row.created_ms),
    sensors: JSON.parse(String(row.sensors)),
    stepMs: Number(row.step_ms),
    fromMs: Number(row.from_ms),
    toMs: Number(row.to_ms),
    rows: Number(row.rows),
    trainMs: Number(row.train_ms),
    bytes: Number(row.size),
    notes: JSON.parse(String(row.notes)),
  };
}

function outlookOf(row: Row): StoredOutlook {
  const parts = JSON.parse(String(row.parts)) as { sensors: Packed[]; features: Packed[] };
  return {
    id: Number(row.id),
    verdict: row.verdict === null ? null : String(row.verdict) as Verdict,
    machine: String(row.machine),
    tMs: Number(row.t_ms),
    class: String(row.class) as Outlook["class"],
    score: Number(row.score),
    confidence: Number(row.confidence),
    action: String(row.action),
    summary: String(row.summary),
    source: String(row.source) as Outlook["source"],
    modelVersion: row.model_version === null ? null : Number(row.model_version),
    life: JSON.parse(String(row.life)),
    sensors: parts.sensors.map(unpackShare),
    features: parts.features.map((packed): FeatureShare => ({
      ...unpackShare(packed),
      about: FEATURES.find(([name]) => name === packed[0])?.[1] ?? String(packed[0]),
      sensor: packed[7] as string | null,
    })),
  };
}

function logOf(row: Row): LogRow {
  return {
    id: Number(row.id),
    tMs: Number(row.t_ms),
    machine: row.machine === null ? null : String(row.machine),
    level: String(row.level) as LogRow["level"],
    message: String(row.message),
  };
}

type Packed = (string | number | null)[];

/** Five digits are more than anybody reads; as an array without names a share takes 60 bytes. */
function packShare(share: SensorShare): Packed {
  const { name, value, contribution, low, middle, high, outside } = share;
  const numbers = [value, contribution, low, middle, high].map((x) =>
    Number.isFinite(x) ? Number(x.toPrecision(5)) : null
  );
  return [name, ...numbers, outside ? 1 : 0];
}

function unpackShare([name, value, contribution, low, middle, high, outside]: Packed): SensorShare {
  return {
    name: String(name),
    value: Number(value ?? NaN),
    contribution: Number(contribution ?? 0),
    low: Number(low ?? NaN),
    middle: Number(middle ?? NaN),
    high: Number(high ?? NaN),
    outside: outside === 1,
  };
}

async function unpack(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

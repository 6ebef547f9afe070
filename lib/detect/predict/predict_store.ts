import type { Database, SqlStatement } from "../../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../../db/list.ts";
import {
  and,
  asc,
  build,
  createOrm,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  lt,
  lte,
  max,
  onFirstUse,
  placeholders,
  prepared,
  sql,
  statementOf,
} from "../../db/orm.ts";
import { modelLog, models, predictionFeedback, predictions } from "../../db/schema/detect.ts";
import { machines } from "../../db/schema/machines.ts";
import { type Searched, searchedPage } from "../../db/searched.ts";
import type { Verdict } from "../../words/verdict.ts";
import { FEATURES } from "../forest/features.ts";
import type {
  BriefOutlook,
  FeatureShare,
  LifeNote,
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
  /** Words of what it says, or of its machine. */
  search?: string;
}

export interface LogQuery extends PageQuery {
  machine?: string;
  level?: LogRow["level"];
}

/** The tables `models`, `predictions` and `model_log`. */
export interface PredictStore {
  /** Every stored model of machines, newest version first within a machine. */
  models(machine?: string): Promise<ModelInfo[]>;
  /** The newest model of a kind of machines; null: none. */
  fleetModel(kind: string): Promise<ModelInfo | null>;
  /** The bytes of a model as `lib/detect/forest` saves them; null when it is gone. */
  bytesOf(id: number): Promise<Uint8Array | null>;
  /** Stores the next version and forgets the oldest ones. */
  addModel(model: Omit<ModelInfo, "id" | "version">, packed: Uint8Array): Promise<ModelInfo>;
  addOutlook(outlook: Outlook): Promise<StoredOutlook>;
  /** The newest stored one of every machine. */
  latest(): Promise<StoredOutlook[]>;
  outlooks(query: OutlookQuery): Promise<PageOf<StoredOutlook>>;
  /** The same list without what drove them, which is most of a row. */
  brief(query: OutlookQuery): Promise<PageOf<BriefOutlook>>;
  outlook(id: number): Promise<StoredOutlook | null>;
  /** Those that were stored after the one with this id, oldest first. */
  outlooksAfter(id: number, limit: number): Promise<StoredOutlook[]>;
  addLog(row: Omit<LogRow, "id">): Promise<void>;
  log(query: LogQuery): Promise<PageOf<LogRow>>;
  /** Statements that give everything of a machine its new path. */
  move(from: string, to: string): Promise<SqlStatement[]>;
}

const { bytes: _, size, ...OF_MODEL } = getTableColumns(models);
const MODEL = { ...OF_MODEL, bytes: size };
/** No path of a machine begins with a slash: models of kinds do. */
const OF_MACHINES = sql`${models.machine} not like '/%'`;
const latestVerdict = build.select({ verdict: predictionFeedback.verdict }).from(predictionFeedback)
  .where(eq(predictionFeedback.predictionId, predictions.id))
  .orderBy(desc(predictionFeedback.id)).limit(1);
/** A stored prediction with the last word on it. */
const STORED = {
  ...getTableColumns(predictions),
  verdict: sql<Verdict | null>`${latestVerdict}`,
};
const { parts: ___, ...BRIEF } = STORED;

const { id: __, ...GIVEN } = placeholders(predictions);
const insertOutlook = prepared<Omit<Row, "id">>(
  build.insert(predictions).values(GIVEN).returning({ id: predictions.id }),
  { one: true },
);
const newestPrediction = build.select({ id: max(predictions.id) }).from(predictions);
const boundOutlooks = statementOf(
  build.delete(predictions).where(
    lte(predictions.id, sql`${newestPrediction} - ${PREDICTIONS_KEPT}`),
  ),
);
/** By its words, and by what its machine is called. */
const SEARCHED: Searched = {
  id: predictions.id,
  columns: [predictions.machine, predictions.summary],
  about: { key: predictions.machine, of: machines.path, names: [machines.name] },
};
const newestLog = build.select({ id: max(modelLog.id) }).from(modelLog);
const boundLog = statementOf(
  build.delete(modelLog).where(lte(modelLog.id, sql`${newestLog} - ${LOG_KEPT}`)),
);

export function createPredictStore(db: Database): PredictStore {
  const orm = createOrm(db);
  const outlooks = () => orm.select(STORED).from(predictions);
  const findAfter = onFirstUse(() =>
    outlooks().where(gt(predictions.id, sql.placeholder("id")))
      .orderBy(asc(predictions.id)).limit(sql.placeholder("limit")).prepare()
  );
  const modelsOf = (machine?: string) =>
    orm.select(MODEL).from(models)
      .where(machine === undefined ? OF_MACHINES : eq(models.machine, machine))
      .orderBy(asc(models.machine), desc(models.version));
  return {
    models: async (machine) => await modelsOf(machine),
    fleetModel: async (kind) => (await modelsOf(kind))[0] ?? null,
    async bytesOf(id) {
      const row = await orm.select({ bytes: models.bytes }).from(models).where(eq(models.id, id))
        .get();
      return row === undefined ? null : await unpack(row.bytes);
    },
    async addModel(model, packed) {
      const ofMachine = eq(models.machine, model.machine);
      const newest = build.select({ version: max(models.version) }).from(models).where(ofMachine);
      await db.write([
        statementOf(
          build.insert(models).values({
            ...model,
            version: sql`coalesce(${newest}, 0) + 1`,
            trainMs: Math.round(model.trainMs),
            size: model.bytes,
            bytes: packed,
          }),
        ),
        statementOf(
          build.delete(models)
            .where(and(ofMachine, lte(models.version, sql`${newest} - ${VERSIONS_KEPT}`))),
        ),
      ]);
      return (await modelsOf(model.machine))[0];
    },
    async addOutlook(outlook) {
      const { sensors, features, shift, ...row } = outlook;
      const parts: Parts = {
        sensors: sensors.map(packShare),
        features: features.map((f) => [...packShare(f), f.sensor]),
        ...(shift && { shift: shift.map((x) => Number(x.toPrecision(5))) }),
      };
      const [{ rows }] = await db.write([insertOutlook({ ...row, parts }), boundOutlooks]);
      return { ...outlook, id: Number(rows[0][0]), verdict: null };
    },
    async latest() {
      const newest = orm.select({ id: max(predictions.id) }).from(predictions)
        .groupBy(predictions.machine);
      const rows = await outlooks().where(inArray(predictions.id, newest))
        .orderBy(asc(predictions.machine));
      return rows.map(outlookOf);
    },
    async outlooks(query) {
      const page = await searchedPage(
        orm,
        query.search,
        SEARCHED,
        (fits) => listPage(outlooks(), predictions.id, [...wantedBy(query), fits], query),
      );
      return { items: page.items.map(outlookOf), next: page.next };
    },
    async brief(query) {
      const all = orm.select(BRIEF).from(predictions);
      const page = await listPage(all, predictions.id, wantedBy(query), query);
      return {
        items: page.items.map((row) => ({ ...row, life: row.life as LifeNote })),
        next: page.next,
      };
    },
    async outlook(id) {
      const row = await outlooks().where(eq(predictions.id, id)).get();
      return row === undefined ? null : outlookOf(row);
    },
    outlooksAfter: async (id, limit) => (await findAfter().all({ id, limit })).map(outlookOf),
    async addLog(row) {
      const message = row.message.slice(0, 2000);
      await db.write([statementOf(build.insert(modelLog).values({ ...row, message })), boundLog]);
    },
    async move(from, to) {
      const renamed = (name: string) =>
        name.startsWith(`${from}/`) ? to + name.slice(from.length) : name;
      const own = await modelsOf(from);
      return [
        ...own.map(({ id, sensors }) =>
          build.update(models).set({ machine: to, sensors: sensors.map(renamed) })
            .where(eq(models.id, id))
        ),
        ...[predictions, predictionFeedback, modelLog].map((table) =>
          build.update(table).set({ machine: to }).where(eq(table.machine, from))
        ),
      ].map(statementOf);
    },
    log: (query) =>
      listPage(orm.select().from(modelLog), modelLog.id, [
        query.machine === undefined ? undefined : eq(modelLog.machine, query.machine),
        query.level === undefined ? undefined : eq(modelLog.level, query.level),
      ], query),
  };
}

function wantedBy({ machine, class: wanted, source, fromMs, toMs }: OutlookQuery) {
  return [
    machine === undefined ? undefined : eq(predictions.machine, machine),
    wanted === undefined ? undefined : eq(predictions.class, wanted),
    source === undefined ? undefined : eq(predictions.source, source),
    fromMs === undefined ? undefined : gte(predictions.tMs, fromMs),
    toMs === undefined ? undefined : lt(predictions.tMs, toMs),
  ];
}

function outlookOf({ parts, life, ...row }: Row & { verdict: Verdict | null }): StoredOutlook {
  const { sensors, features, shift } = parts as Parts;
  return {
    ...row,
    life: life as LifeNote,
    ...(shift && { shift }),
    sensors: sensors.map(unpackShare),
    features: features.map((packed): FeatureShare => ({
      ...unpackShare(packed),
      about: FEATURES.find(([name]) => name === packed[0])?.[1] ?? String(packed[0]),
      sensor: packed[7] as string | null,
    })),
  };
}

type Row = typeof predictions.$inferSelect;
type Packed = (string | number | null)[];
interface Parts {
  sensors: Packed[];
  features: Packed[];
  shift?: number[];
}

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

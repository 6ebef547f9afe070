import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import { and, build, createOrm, desc, eq, excluded, inArray, statementOf } from "../db/orm.ts";
import { scripts, scriptSamples, scriptVersions } from "../db/schema/scripts.ts";
import type { ScriptRef } from "./script.ts";

export type ScriptRow = typeof scripts.$inferSelect;
export type VersionRow = typeof scriptVersions.$inferSelect;
export type Version = Omit<VersionRow, "source">;

/** A message that a codec got, to try a changed one on. */
export interface Sample {
  tMs: number;
  topic: string;
  payload: Uint8Array;
}

/** Of each script so many versions are kept. */
const VERSIONS_MOST = 100;

export interface ScriptsStore {
  rows(): Promise<ScriptRow[]>;
  put(row: ScriptRow): SqlStatement;
  remove(ref: ScriptRef): SqlStatement;
  /** The version, and the oldest ones beyond what is kept go. */
  addVersion(row: Omit<VersionRow, "id">): Promise<SqlStatement[]>;
  /** The newest first. */
  versions(ref: ScriptRef, query: PageQuery): Promise<PageOf<Version>>;
  version(ref: ScriptRef, id: number): Promise<VersionRow | null>;
  /** The newest version of that text. */
  versionOf(ref: ScriptRef, hash: string): Promise<VersionRow | null>;
  /** The newest first. */
  samples(ref: ScriptRef): Promise<Sample[]>;
  putSamples(ref: ScriptRef, samples: readonly Sample[]): SqlStatement[];
}

export function createScriptsStore(db: Pick<Database, "query">): ScriptsStore {
  const orm = createOrm(db);
  const { source: _, ...listed } = {
    id: scriptVersions.id,
    kind: scriptVersions.kind,
    name: scriptVersions.name,
    hash: scriptVersions.hash,
    source: scriptVersions.source,
    tMs: scriptVersions.tMs,
    actor: scriptVersions.actor,
    reason: scriptVersions.reason,
  };
  const ofVersion = ({ kind, name }: ScriptRef) =>
    and(eq(scriptVersions.kind, kind), eq(scriptVersions.name, name));
  const ofSample = ({ kind, name }: ScriptRef) =>
    and(eq(scriptSamples.kind, kind), eq(scriptSamples.name, name));
  return {
    rows: async () => await orm.select().from(scripts),
    put: (row) =>
      statementOf(
        build.insert(scripts).values(row).onConflictDoUpdate({
          target: [scripts.kind, scripts.name],
          set: excluded(scripts, ["hash", "state", "actor", "changedMs"]),
        }),
      ),
    remove: ({ kind, name }) =>
      statementOf(
        build.delete(scripts).where(and(eq(scripts.kind, kind), eq(scripts.name, name))),
      ),
    async addVersion(row) {
      const old = await orm.select({ id: scriptVersions.id }).from(scriptVersions)
        .where(ofVersion(row)).orderBy(desc(scriptVersions.id)).limit(1_000)
        .offset(VERSIONS_MOST - 1);
      const ids = old.map(({ id }) => id);
      return [
        statementOf(build.insert(scriptVersions).values(row)),
        ...(ids.length === 0 ? [] : [
          statementOf(build.delete(scriptVersions).where(inArray(scriptVersions.id, ids))),
        ]),
      ];
    },
    versions: (ref, query) =>
      listPage<Version>(
        orm.select(listed).from(scriptVersions),
        scriptVersions.id,
        [ofVersion(ref)],
        query,
      ),
    async version(ref, id) {
      const [row] = await orm.select().from(scriptVersions)
        .where(and(ofVersion(ref), eq(scriptVersions.id, id))).limit(1);
      return row ?? null;
    },
    async versionOf(ref, hash) {
      const [row] = await orm.select().from(scriptVersions)
        .where(and(ofVersion(ref), eq(scriptVersions.hash, hash)))
        .orderBy(desc(scriptVersions.id)).limit(1);
      return row ?? null;
    },
    samples: async (ref) =>
      await orm.select({
        tMs: scriptSamples.tMs,
        topic: scriptSamples.topic,
        payload: scriptSamples.payload,
      }).from(scriptSamples).where(ofSample(ref)).orderBy(desc(scriptSamples.id)),
    putSamples: (ref, samples) => [
      statementOf(build.delete(scriptSamples).where(ofSample(ref))),
      ...samples.toReversed().map(({ tMs, topic, payload }) =>
        statementOf(
          build.insert(scriptSamples).values({
            ...{ kind: ref.kind, name: ref.name, tMs, topic, payload },
          }),
        )
      ),
    ],
  };
}

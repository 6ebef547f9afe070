/**
 * DESIGN. A power cut keeps what was synced. Of what was written since, the disk may have kept all, nothing,
 * or any part in any order, torn at sectors. The replay walks through the recorded operations once, keeps the
 * durable image of each file and the writes that are pending, and at each chosen point makes a disk as a cut
 * there could have left it. That disk is opened by the product's own recovery, and everything on it is
 * compared with the ledger. A removed file may be back until its folder was
 * synced. Not modelled: new directory entries that are lost, and disks that lie about a sync.
 */
import { join } from "node:path";
import { messageOf } from "../../../lib/base/errors.ts";
import { scanWal, walLoss } from "../../../lib/db/wal.ts";
import { openEngine } from "../storage.ts";
import type { LedgerGroup, Scenario } from "./ledger.ts";
import { LIMITS } from "./limits.ts";
import type { Operation } from "./recording.ts";

const SECTOR = 512;

export interface ReplayResult {
  cuts: number;
  /** Cuts after which an acknowledged group was missing. */
  lost: number;
  /** Cuts after which the database was damaged or held what nobody wrote. */
  corrupt: number;
  /** The first few things that were wrong. */
  examples: string[];
}

/** Cuts the power `cuts` times over a recording and checks what is left each time. */
export async function replay(
  options: {
    operations: readonly Operation[];
    groups: readonly LedgerGroup[];
    scenario: Scenario;
    cuts: number;
    seed: number;
    folder: string;
  },
): Promise<ReplayResult> {
  const { operations, groups } = options;
  const random = randomSource(options.seed);
  const points = cutPoints(operations, options.cuts, random);
  const oracle = createOracle(groups);
  const result: ReplayResult = { cuts: 0, lost: 0, corrupt: 0, examples: [] };
  const disk = new Disk();
  let at = 0;
  let acknowledged = 0;
  for (const point of points) {
    for (; at < point; at++) {
      const operation = operations[at];
      if (operation.kind === "ack") acknowledged = operation.group + 1;
      else disk.apply(operation);
    }
    const fault = await check(disk.afterCut(random), acknowledged, oracle, options);
    result.cuts++;
    if (fault === null) continue;
    result[fault.kind]++;
    if (result.examples.length < 5) {
      result.examples.push(`cut at ${point} of ${operations.length}: ${fault.message}`);
    }
  }
  return result;
}

/** Half of the cuts anywhere, half close to writes into the database file itself (checkpoints). */
function cutPoints(operations: readonly Operation[], cuts: number, random: () => number): number[] {
  const checkpoints = operations.flatMap((operation, i) =>
    operation.kind === "write" && operation.file === "perch.db" ? [i] : []
  );
  return Array.from({ length: cuts }, (_, c) => {
    if (c % 2 === 0 || checkpoints.length === 0) {
      return 1 + Math.floor(random() * operations.length);
    }
    const near = checkpoints[Math.floor(random() * checkpoints.length)];
    return Math.min(operations.length, Math.max(1, near + Math.floor(random() * 9) - 4));
  }).sort((a, b) => a - b);
}

type DiskOperation = Exclude<Operation, { kind: "ack" }>;
/** What changes the content of a file. */
type FileOperation = Extract<Operation, { kind: "write" | "truncate" }>;

/** Files as they are on the disk for certain, and what is still in caches. */
class Disk {
  readonly #durable = new Map<string, Image>();
  readonly #pending = new Map<string, FileOperation[]>();
  /** Removed, but the folder was not synced since. */
  readonly #removed = new Set<string>();

  apply(operation: DiskOperation): void {
    if (operation.kind === "sync-folder") {
      for (const file of this.#removed) this.#forget(file);
      return;
    }
    const { file } = operation;
    if (operation.kind === "remove") return void this.#removed.add(file);
    // A file of the same name is a new one.
    if (this.#removed.has(file)) this.#forget(file);
    const image = this.#durable.get(file) ?? new Image();
    this.#durable.set(file, image);
    const pending = this.#pending.get(file) ?? [];
    this.#pending.set(file, pending);
    if (operation.kind !== "sync") return void pending.push(operation);
    for (const earlier of pending) image.apply(earlier);
    pending.length = 0;
  }

  #forget(file: string): void {
    this.#removed.delete(file);
    this.#durable.delete(file);
    this.#pending.delete(file);
  }

  /** What a cut now could leave of each file. */
  afterCut(random: () => number): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    for (const [file, durable] of this.#durable) {
      if (this.#removed.has(file) && random() < 0.5) continue;
      const image = durable.copy();
      const mode = random();
      for (const operation of this.#pending.get(file)!) {
        if (mode < 0.3) break;
        if (mode < 0.5) image.apply(operation);
        else for (const part of kept(operation, random)) image.apply(part);
      }
      files.set(file, image.bytes());
    }
    return files;
  }
}

/** The sectors of a write that reached the disk before the cut. */
function kept(operation: FileOperation, random: () => number): FileOperation[] {
  const chance = random();
  if (chance < 0.35) return [];
  if (chance < 0.7 || operation.kind !== "write") return [operation];
  const { file, offset, data } = operation;
  const parts: FileOperation[] = [];
  for (let from = 0; from < data.length;) {
    const to = Math.min(data.length, from + SECTOR - (offset + from) % SECTOR);
    if (random() < 0.5) {
      parts.push({ kind: "write", file, offset: offset + from, data: data.subarray(from, to) });
    }
    from = to;
  }
  return parts;
}

/** Growing content of a file. */
class Image {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  apply(operation: FileOperation): void {
    if (operation.kind === "truncate") this.#resize(operation.length);
    if (operation.kind === "truncate") return;
    const end = operation.offset + operation.data.length;
    if (end > this.#length) this.#resize(end);
    this.#bytes.set(operation.data, operation.offset);
  }

  copy(): Image {
    const image = new Image();
    image.#bytes = this.#bytes.slice(0, Math.max(1, this.#length));
    image.#length = this.#length;
    return image;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #resize(length: number): void {
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(length * 2);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    } else if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }
}

interface Fault {
  kind: "lost" | "corrupt";
  message: string;
}

async function check(
  files: Map<string, Uint8Array>,
  acknowledged: number,
  oracle: Oracle,
  { folder, scenario }: { folder: string; scenario: Scenario },
): Promise<Fault | null> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder);
  for (const [file, bytes] of files) await Deno.writeFile(join(folder, file), bytes);
  const log = join(folder, "perch.db-wal");
  // A torn end is no damage: nothing that was acknowledged stood there.
  const loss = walLoss(scanWal(log), null);
  if (loss !== null) {
    return {
      kind: "corrupt",
      message: `taken for damage: ${JSON.stringify([loss, scanWal(log)])}`,
    };
  }
  try {
    const engine = await openEngine({
      url: `file:${join(folder, "perch.db")}`,
      // Nothing here has to survive.
      synchronous: "off",
      limits: LIMITS[scenario],
    });
    try {
      const { rows } = await engine.connection.query({ sql: "PRAGMA integrity_check" });
      if (rows[0][0] !== "ok") return { kind: "corrupt", message: `integrity: ${rows[0][0]}` };
      return await oracle(engine, acknowledged);
    } finally {
      await engine.close();
    }
  } catch (error) {
    return { kind: "corrupt", message: messageOf(error) };
  }
}

type Oracle = (
  engine: Awaited<ReturnType<typeof openEngine>>,
  acknowledged: number,
) => Promise<Fault | null>;

/** Compares everything in a database with the ledger: whole groups, in order, each exactly once. */
function createOracle(groups: readonly LedgerGroup[]): Oracle {
  const upTo: number[] = [0];
  for (const group of groups) upTo.push(upTo[upTo.length - 1] + group.readings.length);
  const bySensor = new Map<number, { tMs: number; value: number; group: number }[]>();
  groups.forEach((group, g) => {
    for (const { sensor, tMs, value } of group.readings) {
      const list = bySensor.get(sensor) ?? [];
      list.push({ tMs, value, group: g });
      bySensor.set(sensor, list);
    }
  });
  for (const list of bySensor.values()) list.sort((a, b) => a.tMs - b.tMs);

  return async ({ store, connection }, acknowledged) => {
    const { readings } = await store.stats();
    const stored = upTo.indexOf(readings);
    if (stored < 0) return { kind: "corrupt", message: `${readings} readings are no whole groups` };
    if (stored < acknowledged) {
      return {
        kind: "lost",
        message: `${stored} of ${acknowledged} acknowledged groups are there`,
      };
    }
    for (const [sensor, list] of bySensor) {
      const expected = list.filter((r) => r.group < stored);
      const found = await store.raw({ sensor, fromMs: 0, toMs: 4e12, limit: 200_000 });
      const same = found.tMs.length === expected.length &&
        expected.every((r, i) => found.tMs[i] === r.tMs && found.value[i] === r.value);
      if (!same) return { kind: "corrupt", message: `sensor ${sensor} is not as it was written` };
    }
    const marks = groups.slice(0, stored).reduce((sum, g) => sum + g.marks.length, 0);
    if ((await store.recentPackets()).length !== marks) {
      return { kind: "corrupt", message: "delivery marks are missing" };
    }
    const { rows } = await connection.query({ sql: "SELECT count(*) FROM sensors" });
    const sensors = groups.slice(0, stored).filter((g) => g.newSensor > 0).length;
    if (Number(rows[0][0]) !== sensors) {
      return { kind: "corrupt", message: `${rows[0][0]} of ${sensors} sensors are there` };
    }
    return null;
  };
}

function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
  };
}

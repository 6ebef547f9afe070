/**
 * T4: every durable file besides the database (photos, attachments, keys) is there whole after a power cut, or
 * as it was before. A program's writes are recorded once with strace; then cuts are replayed, `FILE_CUTS` of
 * them (default 200). Control: `SABOTAGE=no_fsync`, and the last test.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { FileDisk, type FileOperation, recordFiles } from "../support/powercut/files.ts";
import { haveStrace } from "../support/powercut/recording.ts";
import { sabotaged } from "../support/sabotage.ts";

const CUTS = Number(Deno.env.get("FILE_CUTS") ?? 200);
const strace = await haveStrace();
const CHILD = join(import.meta.dirname!, "durable_files_child.ts");

interface Said {
  kind: "stored" | "replacing" | "removing" | "removed";
  path: string;
  hash: string;
}

async function record(unsafe: boolean): Promise<FileOperation[]> {
  const folder = await Deno.makeTempDir({ prefix: "perch-durable-" });
  try {
    return await recordFiles(CHILD, folder, unsafe ? { SABOTAGE: "no_fsync" } : {});
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is wrong after cuts at so many moments, evenly chosen. */
function cutPower(operations: readonly FileOperation[], cuts: number): string[] {
  const random = randomSource(11);
  const points = Array.from({ length: cuts }, () => Math.floor(random() * operations.length) + 1);
  points.sort((a, b) => a - b);
  const ledger = operations.flatMap((o): Said[] => o.kind === "said" ? [JSON.parse(o.line)] : []);
  const whole = new Map<string, Set<string>>();
  for (const { path, hash } of ledger) {
    if (hash) whole.set(path, (whole.get(path) ?? new Set()).add(hash));
  }
  const disk = new FileDisk();
  const faults: string[] = [];
  /** What may be there: the hashes that were acknowledged, or are being written. */
  const expected = new Map<string, { must: boolean; hashes: string[] }>();
  let at = 0;
  for (const point of points) {
    for (; at < point; at++) {
      const operation = operations[at];
      if (operation.kind === "said") follow(expected, JSON.parse(operation.line));
      else disk.apply(operation);
    }
    faults.push(
      ...check(disk.afterCut(random), expected, whole).map((f) => `cut at ${point}: ${f}`),
    );
  }
  return faults;
}

function follow(
  expected: Map<string, { must: boolean; hashes: string[] }>,
  { kind, path, hash }: Said,
): void {
  const before = expected.get(path);
  if (kind === "stored") expected.set(path, { must: true, hashes: [hash] });
  else if (kind === "removed") expected.set(path, { must: false, hashes: [] });
  else if (kind === "removing") expected.set(path, { must: false, hashes: before!.hashes });
  else {
    expected.set(path, {
      must: before?.must ?? false,
      hashes: [...before?.hashes ?? [], hash],
    });
  }
}

function check(
  found: ReadonlyMap<string, Uint8Array>,
  expected: ReadonlyMap<string, { must: boolean; hashes: string[] }>,
  whole: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const faults: string[] = [];
  for (const [path, { must }] of expected) {
    if (must && !found.has(path)) faults.push(`${path} was stored and is gone`);
  }
  for (const [path, bytes] of found) {
    if (path.endsWith(".tmp")) continue;
    const hash = createHash("sha256").update(bytes).digest("hex");
    const rule = expected.get(path);
    // A picture may be there before its name was told.
    const right = rule === undefined ? whole.get(path)?.has(hash) : rule.hashes.includes(hash);
    if (!right) faults.push(`${path} has ${bytes.length} bytes that nobody stored there`);
  }
  return faults;
}

Deno.test({
  name: `writeDurably and createFileStore leave files whole over ${CUTS} power cuts`,
  ignore: !strace,
  fn: async () => {
    const operations = await record(sabotaged("no_fsync"));
    const kinds = (kind: string) => operations.filter((o) => o.kind === kind).length;
    assert.ok(kinds("rename") >= 80 && kinds("remove") >= 10, "the recording is whole");
    const faults = cutPower(operations, CUTS);
    console.log(
      `${faults.length} faults in ${CUTS} cuts (95 %: < ${(3 / CUTS * 100).toFixed(1)} %)`,
    );
    assert.deepEqual(faults.slice(0, 5), []);
  },
});

Deno.test({
  name: "writeDurably syncs the file, renames it, then syncs its folder, before it resolves",
  ignore: !strace,
  fn: async () => {
    const operations = await record(sabotaged("no_fsync"));
    const end = operations.findLastIndex((o) => o.kind === "said");
    const begin = operations.findLastIndex((o, i) => o.kind === "said" && i < end);
    const steps = operations.slice(begin + 1, end).map((o) =>
      o.kind === "sync" && o.path === "" ? "sync folder" : o.kind
    );
    const shown = steps.filter((step, i) => step !== steps[i - 1]);
    assert.deepEqual(shown, ["make", "write", "sync", "rename", "sync folder"]);
  },
});

Deno.test({
  name: "power cut replay of files finds what is lost or torn without fsync",
  ignore: !strace,
  fn: async () => {
    const faults = cutPower(await record(true), 100);
    assert.ok(faults.some((fault) => fault.includes("is gone")), "nothing was lost");
    assert.ok(faults.some((fault) => fault.includes("nobody stored")), "nothing was torn");
  },
});

function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
  };
}

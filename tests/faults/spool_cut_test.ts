/**
 * A message that was acknowledged from the spool of a codec is there after a power cut, whole and in order, unless it
 * was decided on. A program's writes are recorded once with strace; then cuts are replayed, `FILE_CUTS` of them
 * (150). Control: `SABOTAGE=no_fsync`, and the last test.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../lib/base/clock.ts";
import { loadCodecState } from "../../lib/sources/codecs/codec_state.ts";
import { Spool } from "../../lib/sources/codecs/spool.ts";
import { FileDisk, type FileOperation, recordFiles } from "../support/powercut/files.ts";
import { haveStrace } from "../support/powercut/recording.ts";
import { seeded } from "../support/hostile.ts";
import { sabotaged } from "../support/sabotage.ts";

const CUTS = Number(Deno.env.get("FILE_CUTS") ?? 150);
const CONTROL_CUTS = 60;
const CHILD = join(import.meta.dirname!, "spool_cut_child.ts");
const strace = await haveStrace();

async function record(unsafe: boolean): Promise<FileOperation[]> {
  const folder = await Deno.makeTempDir({ prefix: "perch-spool-" });
  try {
    return await recordFiles(CHILD, folder, unsafe ? { SABOTAGE: "no_fsync" } : {});
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is wrong after cuts at so many moments. */
async function cutPower(operations: readonly FileOperation[], cuts: number): Promise<string[]> {
  const { next } = seeded(11);
  const random = () => next();
  const points = Array.from({ length: cuts }, () => Math.floor(random() * operations.length) + 1)
    .sort((a, b) => a - b);
  const disk = new FileDisk();
  const stored = new Map<number, string>();
  const faults: string[] = [];
  let decided = 0;
  let at = 0;
  for (const point of points) {
    for (; at < point; at++) {
      const operation = operations[at];
      if (operation.kind !== "said") disk.apply(operation);
      else {
        const said = JSON.parse(operation.line);
        if ("stored" in said) stored.set(said.stored, said.text);
        else decided = said.decided;
      }
    }
    const found = await check(disk.afterCut(random), stored, decided);
    faults.push(...found.map((fault) => `cut at ${point}: ${fault}`));
  }
  return faults;
}

async function check(
  files: ReadonlyMap<string, Uint8Array>,
  stored: ReadonlyMap<number, string>,
  decided: number,
): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "perch-spool-" });
  const spool = new Spool({
    ...{ folder, codec: "one", clock: systemClock() },
    limits: () => ({ bytes: 1e9, messages: 1e6 }),
    refusal: () => null,
    save: () => Promise.resolve(),
    onRoom() {},
    onError() {},
  });
  try {
    for (const [path, bytes] of files) await Deno.writeFile(join(folder, path), bytes);
    const { next } = await loadCodecState(folder, "one");
    const faults = next > decided + 1 ? [`${next} is saved, ${decided} was decided on`] : [];
    await spool.open(next);
    const read = new Map((await spool.read(1e6, 1e9)).map(({ seq, record }) => [seq, record]));
    for (const [seq, text] of stored) {
      const record = read.get(seq);
      if (record === undefined && seq > decided) faults.push(`${seq} was stored and is gone`);
      const same = record === undefined || new TextDecoder().decode(record.payload) === text;
      if (!same) faults.push(`${seq} is another message`);
    }
    const order = [...read.keys()];
    if (order.some((seq, i) => i > 0 && seq <= order[i - 1])) faults.push("they are out of order");
    return faults;
  } finally {
    await spool.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: `spool keeps every acknowledged message over ${CUTS} power cuts`,
  ignore: !strace,
  async fn() {
    const operations = await record(sabotaged("no_fsync"));
    const count = (kind: string) => operations.filter((one) => one.kind === kind).length;
    assert.ok(count("remove") >= 2 && count("rename") >= 4, "the recording is whole");
    const faults = await cutPower(operations, CUTS);
    console.log(`  ${faults.length} faults (95 %: < ${(3 / CUTS * 100).toFixed(1)} %)`);
    assert.deepEqual(faults.slice(0, 5), []);
  },
});

Deno.test({
  name: "power cut replay of the spool finds what is lost without fsync",
  ignore: !strace,
  async fn() {
    const faults = await cutPower(await record(true), CONTROL_CUTS);
    assert.ok(faults.some((fault) => fault.includes("is gone")), "nothing was lost");
  },
});

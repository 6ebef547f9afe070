import assert from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { Spool } from "./spool.ts";

interface SpoolUnderTest {
  folder: string;
  spool: Spool;
  saved: number[];
  errors: string[];
  /** Appends texts and resolves when they are on disk. */
  put(...texts: string[]): Promise<void>;
  take(most?: number): Promise<string[]>;
  /** Opens what is on disk as after a crash. */
  crash(): Promise<SpoolUnderTest>;
}

async function openSpool(folder: string, next = 1): Promise<SpoolUnderTest> {
  const saved: number[] = [];
  const errors: string[] = [];
  const spool = new Spool({
    ...{ folder, codec: "one", clock: systemClock() },
    limits: () => ({ bytes: 1e9, messages: 1e6 }),
    refusal: () => null,
    save: (n) => Promise.resolve(void saved.push(n)),
    onRoom() {},
    onError: (what) => void errors.push(what),
  });
  await spool.open(next);
  return {
    ...{ folder, spool, saved, errors },
    async put(...texts) {
      const done = texts.map((text, i) =>
        new Promise<void>((resolve, reject) =>
          spool.append({
            ...{ source: "mqtt", topic: "a/ü", payload: new TextEncoder().encode(text) },
            arrival: { tMs: 1_000.5 + i, suspect: i === 1 },
            packet: { session: "s", packetId: i + 1, again: false },
          }, (error) => error === null ? resolve() : reject(error))
        )
      );
      spool.sync();
      await Promise.all(done);
    },
    take: async (most = 1_000) =>
      (await spool.read(most, 1e9)).map(({ seq, record }) =>
        `${seq} ${new TextDecoder().decode(record.payload)}`
      ),
    crash: () => openSpool(folder, saved.at(-1) ?? next),
  };
}

function test(name: string, fn: (t: SpoolUnderTest) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "perch-spool-" });
    const t = await openSpool(folder);
    try {
      await fn(t);
    } finally {
      await t.spool.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

const files = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

test("spool gives out what was appended, in order, with all that it was", async (t) => {
  await t.put("one", "two");
  const [, second] = await t.spool.read(10, 1e9);
  assert.deepEqual(second.record, {
    ...{ source: "mqtt", topic: "a/ü", payload: new TextEncoder().encode("two") },
    arrival: { tMs: 1_001.5, suspect: true },
    packet: { session: "s", packetId: 2, again: false },
  });
  await t.put("three");
  assert.deepEqual(await t.take(), ["3 three"]);
  t.spool.moveTo(2);
  assert.deepEqual(await t.take(), ["2 two", "3 three"]);
  assert.deepEqual([t.spool.waiting, t.spool.unread], [3, 0]);
});

test("spool goes on after a crash where it was saved, and cuts off a torn end", async (t) => {
  await t.put("one", "two", "three");
  t.spool.decided(1);
  await t.spool.settle();
  const [name] = files(t.folder);
  const path = join(t.folder, name);
  const whole = await Deno.readFile(path);
  for (const cut of [1, 5, 9, 20]) {
    await Deno.writeFile(path, whole.subarray(0, whole.length - cut));
    const after = await t.crash();
    assert.deepEqual(await after.take(), ["2 two"], `cut by ${cut}`);
    await after.put("more");
    assert.deepEqual(await after.take(), ["3 more"]);
    await after.spool.close();
  }
  // What a failed write left behind the good records is never read as one.
  await Deno.writeFile(path, new Uint8Array([...whole, ...whole]));
  const flipped = whole.slice();
  flipped[flipped.length - 1] ^= 1;
  await Deno.writeFile(path, flipped);
  const after = await t.crash();
  assert.deepEqual(await after.take(), ["2 two"]);
  await after.spool.close();
});

test("spool removes files that nobody needs, and passes over one that is damaged", async (t) => {
  const large = "x".repeat(1_500_000);
  for (let i = 1; i <= 8; i++) await t.put(`of ${large}`);
  const all = files(t.folder);
  assert.equal(all.length, 3, "three in each");
  assert.equal((await t.take(3)).length, 3);
  t.spool.decided(3);
  await t.spool.settle();
  assert.deepEqual(files(t.folder), all.slice(1));
  const damaged = join(t.folder, all[1]);
  const bytes = await Deno.readFile(damaged);
  bytes[100] ^= 1;
  await Deno.writeFile(damaged, bytes);
  const after = await t.crash();
  assert.deepEqual((await after.take()).map((text) => text.slice(0, 4)), ["7 of", "8 of"]);
  assert.deepEqual([after.spool.damaged, after.spool.waiting, after.errors.length], [3, 2, 1]);
  after.spool.decided(8);
  await after.spool.close();
  assert.deepEqual(files(t.folder), []);
});

test("spool tells when the disk refuses, and takes the same again", async (t) => {
  await t.put("one");
  const real = Deno.FsFile.prototype.syncData;
  Deno.FsFile.prototype.syncData = () => Promise.reject(new Error("I/O error"));
  try {
    await assert.rejects(t.put("two"), /I\/O error/);
  } finally {
    Deno.FsFile.prototype.syncData = real;
  }
  assert.match(t.spool.full!, /cannot be written/);
  assert.equal(
    t.spool.append({
      ...{ source: "mqtt", topic: "t", payload: new Uint8Array() },
      arrival: { tMs: 0, suspect: false },
    }, () => {}),
    null,
  );
  const after = await t.crash();
  assert.deepEqual((await after.take())[0], "1 one");
  await after.spool.close();
});

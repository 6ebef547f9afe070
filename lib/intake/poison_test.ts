import assert from "node:assert/strict";
import { openPoisonWatch, type PoisonWatch } from "./poison.ts";

const LARGE = new Uint8Array(20_000).fill(1);
const OTHER = new Uint8Array(20_000).fill(2);
const origin = { tsMs: 0, source: "test", topic: "t" };

async function withFolder(
  run: (open: (boot?: string) => PoisonWatch, dataDir: string) => Promise<void> | void,
): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  const onError = (error: unknown) => assert.fail(String(error));
  try {
    await run(
      (boot = "b1") => openPoisonWatch({ dataDir, boot, onError, onAside: () => {} }),
      dataDir,
    );
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("poison watch notes no small message and suspects nothing that was read to its end", () =>
  withFolder((open, dataDir) => {
    const watch = open();
    assert.deepEqual(watch.begin("t", new Uint8Array(100)), { do: "read", noted: null });
    for (let i = 0; i < 100; i++) {
      const begun = watch.begin("t", LARGE);
      assert.ok(begun.do === "read" && begun.noted !== null);
      watch.end(begun.noted);
    }
    const size = Deno.statSync(`${dataDir}/inflight.notes`).size;
    watch.close();
    const again = open();
    assert.equal(again.begin("t", LARGE).do, "read");
    assert.equal(again.begin("t", OTHER).do, "read");
    assert.equal(Deno.statSync(`${dataDir}/inflight.notes`).size, size);
    again.close();
  }));

Deno.test("poison watch reads a suspect alone, and frees it when it was read to its end", () =>
  withFolder((open) => {
    const first = open();
    first.begin("t", LARGE);
    first.begin("t", OTHER);
    first.close();
    const watch = open();
    const alone = watch.begin("t", LARGE);
    assert.ok(alone.do === "read" && alone.noted!.ends === 1);
    // The other suspect, a copy of the same, and any large message wait; a small one does not.
    assert.equal(watch.begin("t", OTHER).do, "wait");
    assert.equal(watch.begin("t", LARGE).do, "wait");
    assert.equal(watch.begin("new", LARGE).do, "wait");
    assert.equal(watch.begin("t", new Uint8Array(10)).do, "read");
    watch.end(alone.noted!);
    assert.equal(watch.begin("t", OTHER).do, "read");
    watch.close();
  }));

Deno.test("poison watch does not take a power cut for a message's doing", () =>
  withFolder((open) => {
    for (const boot of ["b1", "b2", "b3", "b4"]) {
      const watch = open(boot);
      assert.equal(watch.begin("t", LARGE).do, "read", boot);
      watch.close();
    }
  }));

Deno.test("poison watch sets a message aside after two ends until its file is removed", () =>
  withFolder(async (open, dataDir) => {
    for (let i = 0; i < 2; i++) {
      const watch = open();
      assert.equal(watch.begin("t", LARGE).do, "read");
      watch.close();
    }
    const watch = open();
    const begun = watch.begin("t", LARGE);
    assert.ok(begun.do === "aside");
    await watch.setAside(begun.id, origin, LARGE);
    assert.deepEqual(watch.quarantine(), { count: 1, latest: "t" });
    assert.equal(watch.begin("t", LARGE).do, "aside");
    watch.close();
    const later = open();
    assert.equal(later.begin("t", LARGE).do, "aside");
    await Deno.remove(`${dataDir}/quarantine/${begun.id}.json`);
    assert.equal(later.begin("t", LARGE).do, "read");
    assert.deepEqual(later.quarantine(), { count: 0, latest: null });
    later.close();
  }));

Deno.test("poison watch survives a notes file of any content", () =>
  withFolder((open, dataDir) => {
    for (
      const text of [
        "",
        "\0".repeat(5_000),
        "x\n".repeat(90_000),
        `Boot b1\n${"f".repeat(32)} f 9\n`,
      ]
    ) {
      Deno.writeTextFileSync(`${dataDir}/inflight.notes`, text);
      const watch = open();
      assert.equal(watch.begin("t", LARGE).do, "read");
      watch.close();
    }
  }));

import assert from "node:assert/strict";
import { openDeadLetters, payloadOf } from "./dead_letter.ts";
import type { RejectRecord } from "./rejects.ts";

const record = (payload: Uint8Array): RejectRecord => ({
  tsMs: Date.UTC(2026, 0, 1),
  source: "mqtt",
  topic: "factory/a/b",
  code: "bad_payload",
  message: "no",
  payload,
});

Deno.test("dead letters give every payload back byte for byte, also invalid UTF-8 and a byte order mark", async () => {
  const dir = await Deno.makeTempDir();
  const payloads = [[0xff, 0, 1], [0xef, 0xbb, 0xbf, 49], [0xc3, 0xa9], []].map((b) =>
    Uint8Array.from(b)
  );
  const file = openDeadLetters(dir, (error) => assert.fail(String(error)));
  await file.append(payloads.map(record));
  await file.close();
  const lines = (await Deno.readTextFile(`${dir}/rejected.jsonl`)).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => payloadOf(JSON.parse(line))), payloads);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("dead letters rotate and keep three older files", async () => {
  const dir = await Deno.makeTempDir();
  const file = openDeadLetters(dir, (error) => assert.fail(String(error)), 300);
  for (let i = 0; i < 30; i++) await file.append([record(Uint8Array.of(48 + i % 10))]);
  await file.close();
  const names = [...Deno.readDirSync(dir)].map((e) => e.name).sort();
  assert.deepEqual(names, [
    "rejected.1.jsonl",
    "rejected.2.jsonl",
    "rejected.3.jsonl",
    "rejected.jsonl",
  ]);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("dead letters of one write never take a file beyond its bound", async () => {
  const dir = await Deno.makeTempDir();
  const most = 100_000;
  const file = openDeadLetters(dir, (error) => assert.fail(String(error)), most);
  // A payload of NULs takes six characters each in JSON, a large one is cut.
  const payloads = Array.from(
    { length: 60 },
    (_, i) => new Uint8Array(i % 7 === 0 ? most * 4 : 7_000).fill(i % 3 === 0 ? 0 : 0x61 + i % 26),
  );
  await file.append(payloads.map(record));
  await file.close();
  const files = [...Deno.readDirSync(dir)].map(({ name }) => `${dir}/${name}`);
  assert.equal(files.length, 4);
  for (const path of files) {
    assert.ok(Deno.statSync(path).size <= most, `${path}: ${Deno.statSync(path).size}`);
    for (const line of Deno.readTextFileSync(path).trimEnd().split("\n")) {
      const letter = JSON.parse(line);
      assert.equal(payloadOf(letter).length, letter.cutFromBytes ? most / 4 : 7_000);
    }
  }
  const last = Deno.readTextFileSync(`${dir}/rejected.jsonl`).trimEnd().split("\n").at(-1)!;
  assert.deepEqual(payloadOf(JSON.parse(last)), payloads[59]);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("dead letters that cannot be written are reported once and stop nothing", async () => {
  const errors: unknown[] = [];
  const file = openDeadLetters("/nonexistent/place", (error) => errors.push(error));
  await file.append([record(new Uint8Array())]);
  await file.append([record(new Uint8Array())]);
  await file.close();
  assert.equal(errors.length, 1);
});

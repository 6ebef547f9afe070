import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLog } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import { createEventLog } from "../events/events_store.ts";
import { createAlarmStore } from "../alarms/alarm_store.ts";
import { site as alarmSite } from "../../tests/support/alarm_site.ts";
import { observation } from "../../tests/support/alarm_observations.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { picture } from "../../tests/support/pictures.ts";
import { type AttachmentLimits, type Attachments, createAttachments } from "./attachments.ts";
import { type Comments, createComments, EDIT_MS } from "./comments.ts";
import type { Author, Subjects } from "./subject.ts";

interface World {
  comments: Comments;
  attachments: Attachments;
  clock: FakeClock;
  db: Database;
  files(): Promise<string[]>;
  events(): Promise<string[]>;
  audits(): Promise<string[]>;
  changed: string[];
}

const audited = ({ action, resource }: { action: string; resource: string }) => ({
  sql: "insert into audit (ts_ms, actor_kind, actor_name, action, resource) " +
    "values (0, 'user', 'x', ?, ?)",
  args: [action, resource],
});
const author = (name: string, moderator = false): Author => ({
  id: name,
  name,
  moderator,
  audited,
});
const ADA = author("Ada"), BEN = author("Ben"), ADMIN = author("Root", true);
const LIMITS: AttachmentLimits = { file: 5_000, subject: 12_000, total: 20_000 };

async function withDiscussion(run: (world: World) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-discussion-" });
  const db = await openTestDatabase(dataDir);
  const clock = fakeClock();
  const events = createEventLog(db);
  const alarms = alarmSite();
  alarms.observe(observation());
  await db.write([createAlarmStore(db).put(alarms.only(), null)]);
  const subject = (kind: "alarm" | "ticket") => (id: string) =>
    Promise.resolve(
      ["1", "T-1", "T-2"].includes(id)
        ? {
          key: `${kind}:${id}`,
          name: id,
          commented: `${kind}.commented` as const,
          severity: "info" as const,
          bodyOf: (note: string) => ({ id, note }),
        }
        : null,
    );
  const subjects: Subjects = { alarm: subject("alarm"), ticket: subject("ticket") };
  const changed: string[] = [];
  const onChange = (kind: string, id: string) => void changed.push(`${kind} ${id}`);
  const deps = { db, clock, log: silentLog(), events, subjects, onChange };
  const comments = createComments(deps);
  const attachments = createAttachments({ ...deps, comments, limits: () => LIMITS, dataDir });
  try {
    await run({
      comments,
      attachments,
      clock,
      db,
      changed,
      files: async () => {
        const names: string[] = [];
        try {
          for await (const { name } of Deno.readDir(join(dataDir, "files", "attachments"))) {
            names.push(name);
          }
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
        return names;
      },
      events: async () => (await events.list({})).items.map((e) => `${e.type} ${e.text}`).reverse(),
      audits: async () =>
        (await db.query({ sql: "select action, resource from audit order by id" })).rows
          .map((row) => row.join(" ")),
    });
  } finally {
    await db.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

const png = (bytes: number) => {
  const out = new Uint8Array(bytes);
  out.set(picture("png"));
  return out;
};

Deno.test("comments: said, changed and deleted by their author within 15 minutes, all audited", () =>
  withDiscussion(async ({ comments, clock, events, audits, changed }) => {
    const said = await comments.add("ticket", "T-1", " **hot**\r\n\u0007again ", ADA);
    assert.deepEqual([said.text, said.author, said.edited_ms], ["**hot**\nagain", "Ada", null]);
    await assert.rejects(comments.edit("ticket", "T-1", said.id, "x", BEN), /only Ada may change/);
    await assert.rejects(comments.remove("ticket", "T-1", said.id, BEN), { code: "forbidden" });
    // Neither is another subject's comment.
    await assert.rejects(comments.edit("ticket", "T-2", said.id, "x", ADA), { code: "not_found" });
    await assert.rejects(comments.edit("alarm", "1", said.id, "x", ADA), { code: "not_found" });
    await clock.advance(EDIT_MS);
    const edited = await comments.edit("ticket", "T-1", said.id, "warm", ADA);
    assert.deepEqual([edited.text, edited.edited_ms], ["warm", clock.now()]);
    await clock.advance(1);
    await assert.rejects(comments.edit("ticket", "T-1", said.id, "x", ADA), /15 minutes/);
    await assert.rejects(comments.remove("ticket", "T-1", said.id, ADA), /15 minutes/);
    await comments.remove("ticket", "T-1", said.id, ADMIN);
    const { items } = await comments.list("ticket", "T-1", {});
    assert.deepEqual([items[0].text, items[0].deleted_ms !== null], ["", true]);
    await assert.rejects(comments.remove("ticket", "T-1", said.id, ADMIN), { code: "not_found" });
    assert.deepEqual(await events(), ["ticket.commented Ada commented on T-1"]);
    assert.deepEqual(
      await audits(),
      ["add", "update", "delete"].map((verb) => `comment.${verb} ticket:T-1`),
    );
    assert.equal(changed.length, 3);
  }));

Deno.test("comments: empty and too long ones, and those on nothing, are refused", () =>
  withDiscussion(async ({ comments, audits }) => {
    for (const text of ["", "  \n", "\u0000\u0001", "x".repeat(4001)]) {
      await assert.rejects(comments.add("alarm", "1", text, ADA), { code: "validation" });
    }
    assert.equal((await comments.add("alarm", "1", "x".repeat(4000), ADA)).text.length, 4000);
    await assert.rejects(comments.add("alarm", "9", "x", ADA), /there is no alarm "9"/);
    assert.equal((await audits()).length, 1);
  }));

Deno.test("attachments: stored under a random name with a row, given back, removed with both", () =>
  withDiscussion(async ({ attachments, files, events, audits, comments }) => {
    const bytes = png(900);
    const made = await attachments.add("alarm", "1", { name: "../a.png", bytes }, ADA);
    assert.deepEqual([made.name, made.type, made.bytes, made.width, made.height], [
      "a.png",
      "image/png",
      900,
      16,
      8,
    ]);
    assert.ok(!("file" in made));
    const [file] = await files();
    assert.match(file, /^[0-9a-z]{32}\.png$/);
    assert.deepEqual((await attachments.open("alarm", "1", made.id)).bytes, bytes);
    for (const [kind, id] of [["ticket", "1"], ["alarm", "T-1"], ["ticket", "T-1"]] as const) {
      await assert.rejects(attachments.open(kind, id, made.id), { code: "not_found" });
      await assert.rejects(attachments.remove(kind, id, made.id, ADMIN), { code: "not_found" });
    }
    await assert.rejects(attachments.remove("alarm", "1", made.id, BEN), /only Ada or an admin/);
    await attachments.remove("alarm", "1", made.id, ADA);
    assert.deepEqual(await files(), []);
    // With a comment: one transaction, one event.
    await attachments.add("alarm", "1", { name: "b", bytes }, ADA, "the bearing");
    assert.equal((await comments.list("alarm", "1", {})).items[0].text, "the bearing");
    assert.deepEqual(await events(), [
      "alarm.commented Ada attached a.png to 1",
      "alarm.commented Ada commented on 1",
    ]);
    assert.deepEqual((await audits()).map((a) => a.split(" ")[0]), [
      "attachment.add",
      "attachment.delete",
      "attachment.add",
      "comment.add",
    ]);
  }));

Deno.test("attachments: wrong kind, too large and full are refused with the reason, nothing stays", () =>
  withDiscussion(async ({ attachments, files, audits }) => {
    const add = (bytes: Uint8Array, id = "T-1", comment?: string) =>
      attachments.add("ticket", id, { name: "x", bytes }, ADA, comment);
    await assert.rejects(add(new Uint8Array()), /the file is empty/);
    await assert.rejects(add(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2])), { code: "validation" });
    await assert.rejects(add(png(5001)), { code: "payload_too_large" });
    await assert.rejects(add(png(100), "T-1", "x".repeat(4001)), { code: "validation" });
    await assert.rejects(add(png(100), "T-9"), { code: "not_found" });
    assert.deepEqual([await files(), await audits()], [[], []]);
    await add(png(5000));
    await add(png(5000));
    await assert.rejects(add(png(2001)), /T-1 may have 0.0 MB .*remove some first/);
    await add(png(2000));
    await add(png(5000), "T-2");
    const full = await add(png(4000), "T-2").catch((error) => error);
    assert.deepEqual([full.code, (await files()).length], ["storage_full", 4]);
  }));

Deno.test("attachments: two at once do not exceed the quota of their ticket together", () =>
  withDiscussion(async ({ attachments }) => {
    const upload = () => attachments.add("ticket", "T-1", { name: "x", bytes: png(5000) }, ADA);
    const all = await Promise.allSettled([upload(), upload(), upload()]);
    assert.deepEqual(all.map((r) => r.status), ["fulfilled", "fulfilled", "rejected"]);
  }));

Deno.test("attachments: so many bodies are received at once and no more", () =>
  withDiscussion(async ({ attachments }) => {
    const ends: (() => void)[] = [];
    const slow = (who: string) =>
      attachments.receive(who, () => new Promise<void>((resolve) => ends.push(resolve)));
    const going = [slow("a"), slow("a"), slow("b"), slow("c")];
    for (const who of ["a", "d"]) {
      await assert.rejects(attachments.receive(who, () => Promise.resolve()), { code: "busy" });
    }
    ends.forEach((end) => end());
    await Promise.all(going);
    assert.equal(await attachments.receive("d", () => Promise.resolve(7)), 7);
    await assert.rejects(attachments.receive("e", () => Promise.reject(new Error("cut"))), /cut/);
    assert.equal(await attachments.receive("e", () => Promise.resolve(8)), 8);
  }));

Deno.test("attachments.task removes files that a crash left without a row", () =>
  withDiscussion(async ({ attachments, files, db }) => {
    await attachments.add("ticket", "T-1", { name: "x", bytes: png(100) }, ADA);
    await attachments.add("ticket", "T-1", { name: "y", bytes: png(100) }, ADA);
    await db.write([{ sql: "delete from attachments where id = 2" }]);
    const stop = new AbortController();
    const running = attachments.task.run(stop.signal).catch(() => {});
    while ((await files()).length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await running;
    assert.equal((await attachments.open("ticket", "T-1", 1)).bytes.length, 100);
  }));

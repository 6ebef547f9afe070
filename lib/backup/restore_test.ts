import assert from "node:assert/strict";
import { join } from "node:path";
import { sabotaged } from "../../tests/support/sabotage.ts";
import {
  accessKey,
  archiveOf,
  ask,
  change,
  channel,
  contentOf,
  makePlant,
  person,
  requestOf,
} from "../../tests/support/restored_plant.ts";
import { confirmRestore, finishRestore, undoRestore } from "./after.ts";
import { planRestore, restore } from "./restore.ts";
import { readRestored, RESTORED_NAME } from "./restored.ts";

const nothing = () => {};

/** The sabotage: a restore lets this come back. */
const COMES_BACK = {
  restore_people: "update users set state = 'active' where id = 'bob'",
  restore_keys: accessKey("k1"),
  restore_passwords: "update users set password = 'password of dan' where id = 'dan'",
  restore_second_factors: "update users set totp = 'of then' where id = 'dan'",
  restore_recovery_codes: "insert into recovery_codes values ('dan', 'of then')",
};

async function withFolder(use: (folder: string, dataDir: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-restore-" });
  try {
    await makePlant(join(folder, "data"));
    await use(folder, join(folder, "data"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("restore: links of screens that were revoked since, and browsers that were removed, do not come back", () =>
  withFolder(async (folder, dataDir) => {
    const link = (id: string): [string, ...string[]] => [
      "insert into kiosk_links (id, name, dashboard_id, hash, created_by, created_ms) " +
      "values (?, 'hall', 'd1', ?, 'Ann', 1)",
      ...[id, `hash of ${id}`],
    ];
    const browser = (id: string): [string, ...string[]] => [
      "insert into push_subscriptions (id, user_id, session_id, endpoint, p256dh, auth, agent, created_ms) " +
      "values (?, 'ann', 's1', ?, '', '', '', 1)",
      ...[id, `https://push.example.com/${id}`],
    ];
    await change(dataDir, [
      "insert into dashboards (id, title, owner_id, shared, tiles, created_ms, changed_ms) " +
      "values ('d1', 'Hall', 'ann', 0, '[]', 1, 1)",
      ...["kept", "revoked", "gone"].map(link),
      ...["phone", "lost phone"].map(browser),
    ]);
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    await change(dataDir, [
      "update kiosk_links set revoked_ms = 5 where id = 'revoked'",
      "delete from kiosk_links where id = 'gone'",
      "delete from push_subscriptions where id = 'lost phone'",
    ]);
    await restore(requestOf(dataDir), archive, nothing);
    assert.deepEqual(
      await ask(dataDir, "select id, revoked_ms is null from kiosk_links order by id"),
      [["gone", 0], ["kept", 1], ["revoked", 0]],
    );
    assert.deepEqual(await ask(dataDir, "select id from push_subscriptions"), [["phone"]]);
  }));

// Controls: SABOTAGE=restore_people and the others of COMES_BACK.
Deno.test("restore: who was deleted or disabled and what was revoked since does not come back, and is named", () =>
  withFolder(async (folder, dataDir) => {
    await change(dataDir, [
      person("cyd"),
      person("dan"),
      "update users set totp = 'of then' where id = 'dan'",
      "insert into recovery_codes values ('dan', 'of then')",
    ]);
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    await change(dataDir, [
      "update users set state = 'deleted' where id = 'bob'",
      "update users set state = 'disabled' where id = 'cyd'",
      "update users set role = 'viewer', password = 'new one', totp = null where id = 'dan'",
      "delete from recovery_codes",
      "update users set totp = 'of now' where id = 'ann'",
      "insert into recovery_codes values ('ann', 'of now')",
      person("eve"),
      "delete from access_keys where id = 'k1'",
      accessKey("k3"),
      "delete from channels where id = 'c1'",
      "update channels set secrets = 'sealed anew' where id = 'c2'",
      channel("c3", "sealed 3"),
      "update plant set backup_sequence = 9, backup_recipient = 'age1x'",
      "update owner set epoch = 20",
    ]);
    const before = await contentOf(dataDir);
    const { findings } = await planRestore(requestOf(dataDir), archive, nothing);
    assert.deepEqual(await contentOf(dataDir), before, "a plan changes nothing");
    assert.deepEqual(findings.people_out.map(({ name, state }) => [name, state]), [
      ["BOB", "deleted"],
      ["CYD", "disabled"],
    ]);
    assert.deepEqual(findings.keys_out.map(({ name }) => name), ["key k1"]);
    assert.deepEqual(findings.channels_off, ["channel c1"]);
    assert.deepEqual(findings.type_again, []);
    assert.equal(findings.live, "compared");

    const record = await restore(requestOf(dataDir), archive, nothing);
    for (const [name, statement] of Object.entries(COMES_BACK)) {
      if (sabotaged(name)) await change(dataDir, [statement as string]);
    }
    assert.deepEqual(record.list, findings);
    assert.equal(record.epoch, 21);
    assert.deepEqual(
      await ask(dataDir, "select id, role, state, password, totp from users order by id"),
      [
        ["ann", "admin", "active", "password of ann", "of now"],
        ["bob", "admin", "deleted", "password of bob", null],
        ["cyd", "admin", "disabled", "password of cyd", null],
        ["dan", "viewer", "active", "new one", null],
        ["eve", "admin", "active", "password of eve", null],
      ],
    );
    const codes = await ask(dataDir, "select user_id, hash from recovery_codes");
    assert.deepEqual(codes, [["ann", "of now"]]);
    assert.deepEqual(await ask(dataDir, "select id from access_keys order by id"), [["k2"], [
      "k3",
    ]]);
    assert.deepEqual(await ask(dataDir, "select id, secrets from channels order by id"), [
      ["c1", "sealed 1"],
      ["c2", "sealed anew"],
    ]);
    assert.deepEqual(await ask(dataDir, "select channel_id, enabled from channel_states"), [[
      "c1",
      0,
    ]]);
    assert.deepEqual(await ask(dataDir, "select count(*) from sessions"), [[0]]);
    assert.deepEqual(await ask(dataDir, "select backup_sequence, backup_recipient from plant"), [
      [9, "age1x"],
    ]);
    assert.deepEqual(await ask(dataDir, "select epoch from owner"), [[21]]);
    const [[action, resource]] = await ask(
      dataDir,
      "select action, resource from audit order by id desc limit 1",
    );
    assert.deepEqual([action, resource], [
      "backup.restore",
      "backup:perch-hall-3-20261128T183000Z-7.tar.gz",
    ]);
  }));

Deno.test("restore: undo gives back the very state, and what was written since is kept", () =>
  withFolder(async (folder, dataDir) => {
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    await change(dataDir, [person("eve")]);
    await Deno.writeTextFile(join(dataDir, "files/attachments/two"), "written since");
    await Deno.writeTextFile(join(dataDir, "perch.db-wal.cut-2026"), "a damaged log");
    const before = await contentOf(dataDir);
    await restore(requestOf(dataDir), archive, nothing);
    assert.equal((await contentOf(dataDir))["files/attachments/two"], undefined);
    await Deno.writeTextFile(join(dataDir, "files/attachments/three"), "written after it");
    const { undone } = await undoRestore(dataDir, requestOf(dataDir).nowMs);
    const after = await contentOf(dataDir, /^undone-/);
    assert.deepEqual(after, before);
    assert.equal(
      await Deno.readTextFile(join(dataDir, undone, "files/attachments/three")),
      "written after it",
    );
    await assert.rejects(undoRestore(dataDir, 1), /Nothing was restored/);
  }));

const namesOf = (dir: string, pattern: RegExp) =>
  [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) => pattern.test(name)).sort();

Deno.test("restore: two after each other, each can be taken back; confirming removes what they replaced", () =>
  withFolder(async (folder, dataDir) => {
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    const first = await restore(requestOf(dataDir), archive, nothing);
    const between = await contentOf(dataDir, /^replaced-/);
    const second = await restore(requestOf(dataDir), archive, nothing);
    assert.notEqual(first.replaced, second.replaced);
    await undoRestore(dataDir, requestOf(dataDir).nowMs);
    assert.deepEqual(await contentOf(dataDir, /^(replaced|undone)-/), between);
    await restore(requestOf(dataDir), archive, nothing);
    const { removed, bytes, undone } = await confirmRestore(dataDir);
    assert.equal(removed.length, 2);
    assert.ok(bytes > 0, "what it freed");
    assert.deepEqual(undone, namesOf(dataDir, /^undone-/), "what nobody but a person removes");
    assert.equal(undone.length, 1);
    assert.deepEqual(namesOf(dataDir, /^replaced-/), []);
    assert.equal((await readRestored(dataDir))?.replaced, null);
    await assert.rejects(undoRestore(dataDir, 1), /was confirmed/);
    await assert.rejects(confirmRestore(dataDir), /was confirmed/);
  }));

Deno.test("restore: a confirmation that was killed removes the rest when it is asked again", () =>
  withFolder(async (folder, dataDir) => {
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    const { replaced } = await restore(requestOf(dataDir), archive, nothing);
    const record = await readRestored(dataDir);
    // Killed before anything was removed; another restore does not forget it.
    const half = { ...record, replaced: null, earlier: [replaced] };
    await Deno.writeTextFile(join(dataDir, RESTORED_NAME), JSON.stringify(half));
    await assert.rejects(undoRestore(dataDir, 1), /was confirmed/);
    await restore(requestOf(dataDir), archive, nothing);
    assert.equal((await confirmRestore(dataDir)).removed.length, 2);
    assert.deepEqual(namesOf(dataDir, /^replaced-/), []);
    await Deno.writeTextFile(join(dataDir, RESTORED_NAME), JSON.stringify(half));
    await Deno.mkdir(join(dataDir, replaced!));
    assert.deepEqual((await confirmRestore(dataDir)).removed, [replaced]);
    assert.deepEqual(namesOf(dataDir, /^replaced-/), []);
  }));

Deno.test("restore: a stale log never lies beside a restored database", () =>
  withFolder(async (folder, dataDir) => {
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    for (const end of ["-wal", "-shm", "-journal", "-owner"]) {
      await Deno.writeTextFile(join(dataDir, `perch.db${end}`), "of the database before");
    }
    await restore(requestOf(dataDir), archive, nothing);
    const names = [...Deno.readDirSync(dataDir)].map(({ name }) => name);
    assert.deepEqual(names.filter((name) => name.startsWith("perch.db")), ["perch.db"]);
  }));

// Control: SABOTAGE=restore_foreign, an archive that is taken for one's own.
Deno.test("restore: another plant's archive needs its name, and never replaces people, keys or the backups' key", () =>
  withFolder(async (folder, dataDir) => {
    const uid = sabotaged("restore_foreign") ? "plant-1" : "plant-2";
    await makePlant(join(folder, "other"), uid);
    await change(join(folder, "other"), [person("mal"), accessKey("k9")]);
    const archive = await archiveOf(join(folder, "other"), join(folder, "archive"), {
      keys: true,
      uid,
    });
    await Deno.writeTextFile(join(archive.folder, "jwt.key"), "x".repeat(43));
    const before = await contentOf(dataDir);
    for (const site of [null, "", "hall 3", "plant-2"]) {
      await assert.rejects(
        restore(requestOf(dataDir, { site }), archive, nothing),
        /of another plant/,
      );
    }
    assert.deepEqual(await contentOf(dataDir), before);
    const { list } = await restore(requestOf(dataDir, { site: "Hall 3" }), archive, nothing);
    assert.equal(list.foreign, true);
    assert.deepEqual(list.channels_off, ["channel c1", "channel c2"]);
    assert.deepEqual(list.type_again, ["channel c1", "channel c2"]);
    assert.deepEqual(await ask(dataDir, "select id, state from users order by id"), [
      ["ann", "active"],
      ["bob", "active"],
      ["mal", "deleted"],
    ]);
    assert.deepEqual(await ask(dataDir, "select id from access_keys order by id"), [["k1"], [
      "k2",
    ]]);
    assert.deepEqual(await ask(dataDir, "select uid from plant"), [["plant-1"]]);
    assert.equal(await Deno.readTextFile(join(dataDir, "jwt.key")), "j".repeat(43) + "\n");
  }));

Deno.test("restore: beside a database that cannot be read, or on an empty disk, who comes back is named", () =>
  withFolder(async (folder, dataDir) => {
    const archive = await archiveOf(dataDir, join(folder, "archive"), { keys: true });
    await Deno.writeFile(join(dataDir, "perch.db"), new Uint8Array(8192));
    const damaged = await restore(requestOf(dataDir), archive, nothing);
    assert.equal(damaged.list.live, "unreadable");
    assert.deepEqual(damaged.list.people_back.map(({ name }) => name), ["ANN", "BOB"]);
    assert.deepEqual(damaged.list.keys_back.map(({ name }) => name), ["key k1", "key k2"]);
    assert.equal(damaged.list.lost, null);

    const empty = join(folder, "empty");
    await Deno.mkdir(empty);
    const plain = await archiveOf(dataDir, join(folder, "plain"));
    const { list } = await restore(requestOf(empty), plain, nothing);
    assert.equal(list.live, "missing");
    assert.deepEqual(list.type_again, ["channel c1", "channel c2"], "without channels.key");
    assert.equal(await finishRestore(empty), null);
  }));

Deno.test("restore: on a Perch that nobody has set up yet, channels of a plain archive are to be typed again", () =>
  withFolder(async (folder, dataDir) => {
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    const sealed = await archiveOf(dataDir, join(folder, "sealed"), { keys: true });
    const fresh = join(folder, "fresh");
    await makePlant(fresh, "plant-2");
    await Deno.writeTextFile(join(fresh, "channels.key"), "f".repeat(43) + "\n");
    await change(fresh, ["delete from sessions", "delete from users", "delete from channels"]);
    const plain = await planRestore(requestOf(fresh), archive, nothing);
    assert.equal(plain.findings.foreign, false);
    assert.deepEqual(plain.findings.type_again, ["channel c1", "channel c2"]);
    const withKeys = await planRestore(requestOf(fresh), sealed, nothing);
    assert.deepEqual(withKeys.findings.type_again, []);
  }));

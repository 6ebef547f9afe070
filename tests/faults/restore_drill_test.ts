/**
 * T18, the drill: a backup is made while readings come in, Perch is killed, the backup is restored by the command
 * line, and the ledger of what was acknowledged is compared with what is stored. Every other drill wipes the disk
 * first; the others restore beside what is there, and take it back. `RESTORE_DRILLS` of them (default 2; the soak
 * 100). Each starts three processes, which is where its ten seconds go.
 * Control: `SABOTAGE=restore_stale_log` puts the log of the database before beside the restored one.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { perchHere as command } from "../support/command_here.ts";
import { noneOf } from "../support/figures.ts";
import { logicalHashes } from "../support/logical_hash.ts";
import { type PerchProcess, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { contentOf } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";

const DRILLS = Number(Deno.env.get("RESTORE_DRILLS") ?? 2);
const SENSOR = "hall/press/load";
const START_MS = Date.UTC(2026, 10, 1);
const BATCH = 40;
/** Written by the restore itself: who is signed in, who owns the database, and that it was restored. */
const ITS_OWN = [
  "audit",
  "owner",
  "plant",
  "sessions",
  "refresh_tokens",
  "one_use_links",
  "changed",
];

/** What does not belong to the plant, or changes with each start. */
const PLANT = /^(perch\.(lock|sock)|backups|undone-|inflight\.notes|reserve|logs|setup-token)/;

/** What was sent, in the order of time: reading `i` has the value `i`. */
interface Ledger {
  sent: number;
  /** All up to here were acknowledged. */
  acknowledged: number;
}

async function send(url: string, key: string, ledger: Ledger): Promise<void> {
  const readings = Array.from({ length: BATCH }, (_, i) => {
    const value = ledger.acknowledged + i;
    return { machine: "hall/press", sensor: "load", value, ts: START_MS + value * 1000 };
  });
  ledger.sent = ledger.acknowledged + BATCH;
  const response = await fetch(`${url}/api/ingest/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(readings),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  ledger.acknowledged = ledger.sent;
}

/** Values that are stored, in the order of time. */
async function stored(perch: PerchProcess, key: string): Promise<number[]> {
  const values: number[] = [];
  for (let from = START_MS;;) {
    const response = await fetch(
      `${perch.url}/api/readings?sensor=${SENSOR}&points=0&limit=50000&from=${from}&to=${
        START_MS + 1e9
      }`,
      { headers: { authorization: `Bearer ${key}` } },
    );
    const { t, v } = await response.json();
    values.push(...v);
    if (v.length < 50_000) return values;
    from = t.at(-1) + 1;
  }
}

const counted = (n: number) => Array.from({ length: n }, (_, i) => i);
const start = (dataDir: string) =>
  startPerch({ dataDir, env: { MQTT_PORT: String(freePort()), LOG_LEVEL: "warn" } });

async function backup(dataDir: string, sequence: number): Promise<string> {
  const target = join(
    dataDir,
    "backups",
    `perch-hall-20261128T19300${sequence}Z-${sequence}.tar.gz`,
  );
  await Deno.mkdir(join(dataDir, "backups"), { recursive: true });
  await createBackupWorker().make({
    database: join(dataDir, "perch.db"),
    dataDir,
    target,
    sequence,
    reason: "asked",
    nowMs: Date.now(),
    site: { id: "hall", name: "Hall" },
    perch: "0.1.0",
    environment: {},
    recipient: null,
    walMostBytes: 64e6,
  }, () => {});
  return target;
}

async function drill(n: number, folder: string): Promise<{ kept: number; lost: number }> {
  const wipe = n % 2 === 0;
  const dataDir = join(folder, `data-${n}`);
  await Deno.mkdir(dataDir);
  const added = await command(dataDir, [
    ...["key", "add", "--name", "test", "--role", "engineer", "--json"],
  ]);
  const { key } = JSON.parse(added.out);
  await Deno.mkdir(join(dataDir, "files/attachments"), { recursive: true });
  await Deno.writeFile(
    join(dataDir, "files/attachments/0a"),
    crypto.getRandomValues(new Uint8Array(9000)),
  );
  const attachments = await contentOf(join(dataDir, "files"));
  let perch = await start(dataDir);
  try {
    const ledger: Ledger = { sent: 0, acknowledged: 0 };
    for (let i = 0; i < 5; i++) await send(perch.url, key, ledger);
    const before = ledger.acknowledged;
    let busy = true;
    const made = backup(dataDir, 1).finally(() => busy = false);
    while (busy) await send(perch.url, key, ledger);
    const archive = await made;
    const after = ledger.acknowledged;
    for (let i = 0; i < 5; i++) await send(perch.url, key, ledger);
    await Deno.writeTextFile(join(dataDir, "files/attachments/0b"), "stored after the backup");
    await perch.kill();

    const kept = join(folder, `kept-${n}.tar.gz`);
    await Deno.copyFile(archive, kept);
    const log = await Deno.readFile(join(dataDir, "perch.db-wal"));
    const live = await contentOf(dataDir, PLANT);
    if (wipe) {
      await Deno.remove(dataDir, { recursive: true });
      await Deno.mkdir(dataDir);
    }
    const { code, out, err } = await command(dataDir, ["restore", kept, "--yes", "--json"]);
    assert.equal(code, 0, err);
    const { record: { list } } = JSON.parse(out);
    assert.equal(list.live, wipe ? "missing" : "compared");

    const scratch = join(folder, `scratch-${n}`);
    await createBackupWorker().unpack({
      file: kept,
      identity: null,
      target: scratch,
      migrationsFolder: new URL("../../migrations", import.meta.url).pathname,
      mostBytes: 1e9,
    }, () => {});
    // A copy is looked at: a connection of this process would hide what lies beside the database.
    const restored = join(folder, `restored-${n}.db`);
    await Deno.copyFile(join(dataDir, "perch.db"), restored);
    const [wanted, found] = await Promise.all([
      logicalHashes(join(scratch, "perch.db")),
      logicalHashes(restored),
    ]);
    for (const table of ITS_OWN) delete wanted[table], delete found[table];
    assert.deepEqual(found, wanted);
    assert.deepEqual(await contentOf(join(dataDir, "files")), attachments);
    if (sabotaged("restore_stale_log")) await Deno.writeFile(join(dataDir, "perch.db-wal"), log);

    perch = await start(dataDir);
    const values = await stored(perch, key);
    assert.deepEqual(values, counted(values.length), "each once, without a gap");
    assert.ok(values.length >= before, `${values.length} of ${before} before the backup`);
    assert.ok(values.length <= after + BATCH, "nothing from after the backup");
    if (!wipe) {
      assert.equal(list.lost.readings, ledger.acknowledged - values.length, "as many as were told");
      assert.equal(list.lost.until_ms, START_MS + (ledger.acknowledged - 1) * 1000);
    }
    // Devices send again what they were told is missing: it is stored, once.
    const again: Ledger = { sent: values.length, acknowledged: values.length };
    await send(perch.url, key, again);
    assert.deepEqual(await stored(perch, key), counted(values.length + BATCH));
    assert.equal(await perch.stop(), 0);
    if (!wipe) {
      const undone = await command(dataDir, ["restore", "--undo"]);
      assert.equal(undone.code, 0, undone.err);
      assert.deepEqual(await contentOf(dataDir, PLANT), live);
      perch = await start(dataDir);
      assert.deepEqual(await stored(perch, key), counted(ledger.acknowledged), "0 lost, 0 twice");
      await perch.stop();
    }
    return { kept: values.length, lost: ledger.acknowledged - values.length };
  } finally {
    await perch.kill();
  }
}

Deno.test(`drill: ${DRILLS} restores of backups that were made while readings came in`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-drill-" });
  try {
    const reports = [];
    for (let n = 0; n < DRILLS; n++) reports.push(await drill(n, folder));
    console.log(
      `drills: ${reports.length}, lost or twice ${noneOf(reports.length)}; readings kept ${
        reports.reduce((s, r) => s + r.kept, 0)
      }, ` +
        `after the backup ${reports.reduce((s, r) => s + r.lost, 0)}`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

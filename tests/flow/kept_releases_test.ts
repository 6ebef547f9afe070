/**
 * A database of every release is kept from now on (`tests/fixtures/release_…`): here the present code makes the one of
 * its own, which shows that the maker works and what it holds. `tests/faults/migration_test.ts` opens those that are
 * kept.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { VERSION } from "../../lib/base/version.ts";
import { makeFixture } from "../fixtures/make.ts";
import { compareReadings, contentsOf, releases } from "../support/release.ts";

const HEAD = [...Deno.readDirSync(`${import.meta.dirname}/../../migrations`)]
  .map(({ name }) => name.replace(/\.sql$/, "")).sort().at(-1)!;
const MOST_BYTES = 200_000;
/** Their rows are of a moment, or say that something is wrong. */
const MAY_BE_EMPTY = [
  "camera_images",
  "camera_states",
  "cameras",
  ...["devices", "entities", "polls", "hardware_inputs", "computed_sensors"],
  ...["imports", "jobs", "report_schedules", "summaries"],
  ...["command_targets", "commands", "command_rules"],
  ...["damage", "storage_probe", "recovery_codes", "finding_feedback", "prediction_feedback"],
  ...["delivery_tries", "upload_cursors", "one_use_links", "journal_b"],
  ...["chart_notes", "dashboards", "kiosk_links", "push_subscriptions"],
  ...["device_clocks", "retained_marks", "custom_detectors", "nodes"],
  ...["server", "queue", "changes", "series", "parts"].map((name) => `history_${name}`),
  ...["site_cursors", "site_alarms", "site_commands", "site_sensors"],
  ...["forward_cursors", "forward_epochs", "forward_done", "journal_kept", "journal_kept_mqtt"],
];

Deno.test("once a version is released, the schema does not change any more without another version", () => {
  const released = releases().find(({ ledger }) => ledger.release.version === VERSION);
  if (released === undefined) return;
  assert.equal(
    HEAD,
    released.ledger.release.schema,
    `${VERSION} is released (${released.name}): raise the version in deno.json`,
  );
});

Deno.test("the fixture that a release keeps has a row of every kind, is small, and is what its ledger says", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-fixtures-" });
  try {
    await makeFixture(`${folder}/release_${VERSION}`);
    const [{ ledger, unpack }] = releases(folder);
    assert.deepEqual(ledger.release, { version: VERSION, schema: HEAD });
    const empty = Object.keys(ledger.tables).filter((table) => ledger.tables[table].n === 0);
    assert.deepEqual(empty.filter((table) => !MAY_BE_EMPTY.includes(table)), []);
    const { size } = await Deno.stat(`${folder}/release_${VERSION}/perch.db.zst`);
    assert.ok(size < MOST_BYTES, `${size} bytes`);

    await Deno.mkdir(`${folder}/data`);
    await unpack(`${folder}/data`);
    const db = new DatabaseSync(`${folder}/data/perch.db`);
    assert.deepEqual(contentsOf((sql) => db.prepare(sql).all()), ledger.tables);
    db.close();
    await compareReadings(`${folder}/data`, ledger);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

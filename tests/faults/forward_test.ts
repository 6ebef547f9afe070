/**
 * The ledger from edge to centre: the link is cut and flaps, the centre is killed with kill -9 and runs out of disk,
 * the edge is restored from a backup; whatever the edge acknowledged is at the centre exactly once and in order. The
 * readings have no times of their own, so nothing but their place in the sequence tells them apart. Three starts of a
 * process and a restore take most of its time.
 * Controls: `SABOTAGE=forward_epoch` takes back that the restore began a new epoch, `SABOTAGE=forward_gap` takes
 * away a group that the edge has not sent.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { perchHere } from "../support/command_here.ts";
import { type Cuttable, startCuttable } from "../support/cuttable.ts";
import { haveMounts, smallDisk } from "../support/disk.ts";
import { agree, type Centre, edgeState, Ledger, WITHIN_MS } from "../support/forward_ledger.ts";
import { type PerchProcess, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { change } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

async function startCentre(dataDir: string, port: number): Promise<PerchProcess> {
  const env = { PERCH_PORT: String(port), MQTT_PORT: "0", LOG_LEVEL: "error" };
  return await startPerch({ dataDir, env });
}

const connected = (edge: AppUnderTest) => edgeState(edge).state === "connected" ? true : null;

async function flap(link: Cuttable, edge: AppUnderTest, ledger: Ledger): Promise<void> {
  for (let i = 0; i < 4; i++) {
    link.cut();
    await ledger.send(edge, 30);
    link.mend();
    await ledger.send(edge, 30);
  }
}

Deno.test("forwarding: what the edge acknowledged is at the centre once and in order, whatever happens between", async () => {
  if (!haveMounts()) return;
  await using disk = await smallDisk(48);
  const centreDir = join(disk.path, "centre");
  const edgeDir = await Deno.makeTempDir({ prefix: "perch-edge-" });
  await Deno.mkdir(centreDir);
  const added = await perchHere(centreDir, [
    ...["key", "add", "--name", "test", "--role", "admin", "--json"],
  ]);
  const { key } = JSON.parse(added.out);
  const port = freePort();
  const centre: Centre = { perch: await startCentre(centreDir, port), key };
  await using link = startCuttable(port);
  const made = await fetch(`${centre.perch.url}/api/sites`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ id: "north" }),
  });
  const { line } = await made.json();
  assert.equal(made.status, 201);
  const through = new URL(line);
  through.host = new URL(link.url).host;
  const env = { PERCH_DATA: edgeDir, UPSTREAM_URL: through.href };
  let edge = await startApp(env);
  const ledger = new Ledger();
  try {
    // What happens from then on is forwarded.
    await until("the edge to be connected", () => connected(edge));
    await ledger.send(edge, 100);
    await agree("the first readings", { centre, edge, ledger });

    link.cut();
    await ledger.send(edge, 200);
    await until("the edge to notice", () => edgeState(edge).state === "waiting" ? true : null);
    assert.match(edgeState(edge).detail, /cannot be reached: .* kept and forwarded later/);
    if (sabotaged("forward_gap")) {
      await edge.app.stop();
      await change(
        edgeDir,
        ["a", "b"].map((one) =>
          `delete from journal_${one} where id = (select max(id) - 2 from journal_${one})`
        ),
      );
      edge = await startApp(env);
    }
    link.mend();
    await agree("what waited for the link", { centre, edge, ledger });
    await flap(link, edge, ledger);
    await agree("what came while the link flapped", { centre, edge, ledger });

    await ledger.send(edge, 50);
    await centre.perch.kill();
    await ledger.send(edge, 50);
    centre.perch = await startCentre(centreDir, port);
    await ledger.send(edge, 50);
    await agree("what came while the centre was killed", { centre, edge, ledger });

    await ledger.send(edge, 50);
    await until(
      "the edge to hear of it",
      async () => {
        // Perch gives up a reserve first.
        await disk.fill();
        await ledger.send(edge, 10);
        edge.app.parts().forwarder.wake();
        return /takes nothing at the moment/.test(edgeState(edge).detail) ? true : null;
      },
      WITHIN_MS,
    );
    await disk.free();
    await agree("what came while the centre's disk was full", { centre, edge, ledger });

    const { file } = await edge.app.parts().backup.backups.run("asked", "test");
    const kept = join(edgeDir, "backups", file);
    await ledger.send(edge, 100);
    await agree("what the backup does not hold", { centre, edge, ledger });
    await edge.app.stop();
    const { code, err } = await perchHere(edgeDir, ["restore", kept, "--yes", "--json"]);
    assert.equal(code, 0, err);
    edge = await startApp(env);
    if (sabotaged("forward_epoch")) {
      await edge.app.stop();
      await change(edgeDir, ["delete from forward_epochs where id > 1"]);
      edge = await startApp(env);
    }
    await ledger.send(edge, 100);
    await agree("what came after the restore", { centre, edge, ledger });
    assert.equal(edgeState(edge).state, "connected");
    assert.equal(edgeState(edge).lost, 0);
  } finally {
    await edge.app.stop().catch(() => {});
    await centre.perch.kill();
    await Deno.remove(edgeDir, { recursive: true });
  }
});

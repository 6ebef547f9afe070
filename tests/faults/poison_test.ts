/**
 * A message that ends the process is set aside after it did so twice, and nothing else is: the large messages that
 * were being read at the same time are stored. `SABOTAGE=poison`: nothing is noted, and Perch ends for ever.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { perch as run } from "../support/command_line.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { addKey, type PerchProcess, ROOT, startPerch } from "../support/perch.ts";
import mqtt from "mqtt";

const STARTS_MOST = 6;

async function start(dataDir: string, stage: string): Promise<Deno.CommandOutput> {
  return await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(import.meta.dirname!, "poison_child.ts"),
      dataDir,
      stage,
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
}

for (const stage of ["decode", "store"]) {
  Deno.test(`a message that ends the process in ${stage} is set aside after two ends, others are stored`, async () => {
    const dataDir = await Deno.makeTempDir();
    try {
      let ends = 0;
      let output = await start(dataDir, stage);
      while (output.signal === "SIGKILL" && ends < STARTS_MOST) {
        ends++;
        output = await start(dataDir, stage);
      }
      assert.equal(ends, 2, new TextDecoder().decode(output.stderr));
      assert.equal(output.code, 0, new TextDecoder().decode(output.stderr));
      assert.deepEqual(JSON.parse(new TextDecoder().decode(output.stdout)), {
        outcomes: {
          "a/large": "stored",
          "a/poison": "rejected",
          "a/other": "stored",
          "a/small": "stored",
        },
        quarantine: { count: 1, latest: "a/poison" },
      });
      const [{ name }] = [...Deno.readDirSync(join(dataDir, "quarantine"))];
      const letter = JSON.parse(Deno.readTextFileSync(join(dataDir, "quarantine", name)));
      assert.equal(letter.topic, "a/poison");
      assert.equal(atob(letter.payloadBase64), "p".repeat(40_000));
      // It is refused again without being read, and nothing else is suspected.
      const again = await start(dataDir, stage);
      assert.equal(again.code, 0);
      assert.equal(JSON.parse(new TextDecoder().decode(again.stdout)).quarantine.count, 1);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}

Deno.test({
  name:
    "a message that ends Perch comes again from mosquitto, is set aside after two ends, and is replayed",
  ignore: !haveMosquitto(),
  fn: async () => {
    const dataDir = await Deno.makeTempDir();
    await using broker = await startMosquitto();
    const sender = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    const env = { MQTT_URL: `mqtt://127.0.0.1:${broker.port}` };
    const binary = [Deno.execPath(), "run", "-A", `${ROOT}tests/support/poisoned_perch.ts`];
    const start = () => startPerch({ dataDir, env, binary });
    const until = async (holds: () => boolean | Promise<boolean>) => {
      while (!await holds()) await new Promise((r) => setTimeout(r, 50));
    };
    const aside = () => {
      try {
        return [...Deno.readDirSync(join(dataDir, "quarantine"))].length;
      } catch {
        return 0;
      }
    };
    let perch: PerchProcess | null = null;
    try {
      const key = await addKey({ dataDir, role: "admin" });
      perch = await start();
      await until(() => /SUBSCRIBE/.test(broker.log()));
      // As long as a plain value may be, and just long enough to be noted while it is read.
      const payload = "POISON".padEnd(16_384, "x");
      await sender.publishAsync("factory/hall/m/poison", payload, { qos: 1 });
      await sender.publishAsync("factory/hall/m/good", "3", { qos: 1 });
      let ends = 0;
      while (aside() === 0) {
        const { pid } = perch ?? { pid: 0 };
        if (pid === 0 || !isRunning(pid)) {
          ends++;
          assert.ok(ends <= STARTS_MOST, "it ends Perch again and again");
          // One that ends before it is ready is an end, too.
          perch = await start().catch(() => null);
        }
        await new Promise((r) => setTimeout(r, 50));
      }
      assert.equal(ends, 2);
      const { url } = perch!;
      await until(async () => {
        const answer = await fetch(`${url}/api/readings?sensor=hall/m/good&points=0`, {
          headers: { authorization: `Bearer ${key}` },
        });
        return answer.status === 200 && (await answer.json()).v[0] === 3;
      });
      await perch!.stop();
      perch = null;

      // A Perch that does not end at it takes it in, once.
      const [{ name }] = [...Deno.readDirSync(join(dataDir, "quarantine"))];
      const letter = JSON.parse(Deno.readTextFileSync(join(dataDir, "quarantine", name)));
      assert.equal(atob(letter.payloadBase64), payload);
      const replayed = async (...flags: string[]) =>
        JSON.parse((await run(dataDir, ["replay", "--json", ...flags])).out);
      assert.equal((await replayed()).letters, 0);
      assert.equal((await replayed("--quarantined")).stored, 1);
      const { letters, stored, done } = await replayed("--quarantined");
      assert.deepEqual({ letters, stored, done }, { letters: 1, stored: 0, done: 1 });
    } finally {
      await perch?.kill();
      await sender.endAsync(true);
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

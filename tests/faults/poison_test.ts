/**
 * A message that ends the process is set aside after it did so twice, and nothing else is: the large messages that
 * were being read at the same time are stored. `SABOTAGE=poison`: nothing is noted, and Perch ends for ever.
 */
import assert from "node:assert/strict";
import { join } from "node:path";

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

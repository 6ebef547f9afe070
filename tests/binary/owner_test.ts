/**
 * A database that belongs to another user, as after a copy by root: the compiled binary, run by its own user, says
 * whose it is, and the command of its sentence, run by that user, helps. Root alone can become another user.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { binaries } from "../support/binaries.ts";
import { startPerch } from "../support/perch.ts";

const NOBODY = 65_534;
const AS_NOBODY = ["setpriv", "--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--clear-groups"];

for (const binary of binaries().filter(({ runner }) => runner.length === 0)) {
  Deno.test({
    name: `${binary.file} says whose a database is that it cannot read, and how to go on`,
    ignore: !binary.isThere || Deno.uid() !== 0,
  }, async () => {
    // Where everybody may look, unlike the place of the binary.
    const folder = await Deno.makeTempDir({ prefix: "perch-owner-" });
    const [perch, dataDir] = [join(folder, "perch"), join(folder, "plant")];
    const database = join(dataDir, "perch.db");
    const env = { PERCH_DATA: dataDir, HOME: folder, MQTT_PORT: "0" };
    const run = async (args: string[]) => {
      const [command, ...first] = AS_NOBODY;
      const { code, stdout, stderr } = await new Deno.Command(command, {
        args: [...first, perch, ...args],
        env: { ...env, NO_COLOR: "1", PERCH_PORT: "0" },
        cwd: folder,
        stdin: "null",
      }).output();
      return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    };
    const start = () => startPerch({ dataDir, env, binary: [perch], under: AS_NOBODY });
    try {
      await Deno.copyFile(binary.path, perch);
      await Deno.mkdir(dataDir);
      await Deno.chown(dataDir, NOBODY, NOBODY);
      for (const path of [folder, perch]) await Deno.chmod(path, 0o755);
      const first = await start();
      const backup = await run(["backup"]);
      assert.equal(backup.code, 0, backup.said);
      assert.equal(await first.stop(), 0);

      await Deno.chown(database, 0, 0);
      await Deno.chmod(database, 0o600);
      const { code, said } = await run(["serve"]);
      assert.equal(code, 2, said);
      assert.match(
        said,
        /perch\.db cannot be read and written .* It belongs to user 0, mode 600\./,
      );
      const command = /`PERCH_DATA=(\S+) perch (restore \S+)` as user nobody/.exec(said);
      assert.equal(command?.[1], dataDir, said);
      const restored = await run([...command[2].split(" "), "--yes"]);
      assert.equal(restored.code, 0, restored.said);
      const again = await start();
      assert.equal(await again.stop(), 0);
      assert.equal((await Deno.stat(database)).uid, NOBODY);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** `perch console` and Perch itself in a real terminal, as a person at the host meets them. */
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { perchHere } from "../support/command_here.ts";
import { haveCommands } from "../support/commands.ts";
import { perchCommand, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { openTerminal, type Terminal } from "../support/tmux.ts";
import { type Load, startLoad, valueOf } from "../support/mqtt_load.ts";
import { until } from "../support/until.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const haveTmux = haveCommands({ tmux: "tmux" });

/** Of the shell: nothing runs. */
const PROMPT = /\n[#$]$/;

/** A terminal in which `./perch` is Perch on that directory. */
async function terminalFor(dataDir: string, env: Record<string, string> = {}): Promise<Terminal> {
  const [command, args] = perchCommand(undefined, []);
  const words = [command, ...args].map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(`${dataDir}/perch`, `#!/bin/sh\necho $$ > pid\nexec ${words} "$@"\n`, {
    mode: 0o755,
  });
  return await openTerminal({
    cwd: dataDir,
    env: { PERCH_DATA: dataDir, PERCH_HOST: "127.0.0.1", PERCH_PORT: "0", ...env },
  });
}

async function withDir(use: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-console-" });
  try {
    await use(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("perch console without a terminal or without a Perch says what is possible, and does nothing", async () => {
  await withDir(async (dataDir) => {
    const piped = await perchHere(dataDir, ["console"]);
    assert.equal(piped.code, 2);
    assert.match(piped.err, /^perch console needs a terminal .* perch console --json prints/);
    const alone = await perchHere(dataDir, ["console", "--json"]);
    assert.equal(alone.code, 1);
    assert.match(alone.err, /^No Perch runs on .*perch serve starts one\.$/);
    assert.equal(JSON.parse(alone.out).error.code, "unavailable");
    assert.deepEqual([...Deno.readDirSync(dataDir)], []);
  });
});

/** Nothing runs in it any more, and it is as it was before. */
async function settled(terminal: Terminal): Promise<void> {
  await terminal.see(PROMPT);
  await terminal.type("clear; stty -a | tr ';' '\\n' | grep -ow -e '-*icanon' -e '-*echo'\n");
  assert.match(await terminal.see(/echo\n[#$]$/), /^icanon\necho\n/);
}

Deno.test({
  name:
    "a terminal: Perch started on it shows below its log what is paused; all give it back as it was",
  ignore: !haveTmux,
  fn: () =>
    withDir(async (dataDir) => {
      await using first = await terminalFor(dataDir, { MQTT_PORT: String(freePort()) });
      await first.type("clear; ./perch\n");
      await first.see(/is ready at/, 20_000);
      await using second = await terminalFor(dataDir);
      const opened = async () => {
        await second.type("clear; ./perch console\n");
        await second.see(/Nothing is wrong[^]*s status {3}q quit/);
      };
      await opened();
      await second.press("s");
      await second.see(/Open faults: none\.\nOverall: Healthy\./);
      await second.press("x", "q");
      await settled(second);
      const faults = await perchHere(dataDir, ["console", "--json"]);
      assert.deepEqual([faults.code, faults.out], [0, '{"faults":[]}']);
      await opened();
      Deno.kill(Number(await Deno.readTextFile(`${dataDir}/pid`)), "SIGTERM");
      await settled(second);
      await opened();
      await second.press("C-c");
      await settled(second);

      await Deno.mkdir(`${dataDir}/codecs`);
      await Deno.writeTextFile(`${dataDir}/codecs/x.js`, "export const topics = [;");
      const shown = await first.see(
        /^Fault: codec:x is paused\n[^]*^File +codecs\/x\.js\nLine +1[^]*q quit this view$/m,
      );
      assert.match(shown, /WARN {2}faults: codecs\/x\.js cannot be loaded[^]*^Fault: /m);
      await first.resize(50, 16);
      const narrow = await first.see(/^Fault: [^]*s status\nq quit this view$/m);
      assert.ok(narrow.includes("codecs/x.js, line 1"), narrow);
      const json = await perchHere(dataDir, ["console", "--json"]);
      assert.equal(json.code, 1);
      assert.deepEqual(
        JSON.parse(json.out).faults.map(({ component, paused }: Json) => [component, paused]),
        [["codec:x", true]],
      );
      await first.press("Enter");
      await first.see(/codec:x was paused again at once/);
      await first.press("q");
      await first.see(/its faults again$/);
      await second.type("clear; ./perch console\n");
      await second.see(/Fault: codec:x/);
      await first.press("C-c");
      await settled(first);
      await second.see(/No Perch runs on|does not answer/);
      await second.press("q");
      await settled(second);
    }),
});

const ADMIN = { email: "ana@plant.example", password: "words that nobody else has" };
/** Devices that say \`{"value","ts","seq"}\` on a topic of their own. */
const CODEC = `export const topics = ["pumps/+/value"];

export function decode({ topic, text }) {
  const { value, ts } = JSON.parse(text);
  return [{ sensor: "pumps/" + topic.split("/")[1] + "/value", value, ts_ms: ts }];
}
`;
const BROKEN = CODEC.replace("ts_ms: ts }];", "ts_ms: ts };");

interface Site extends AsyncDisposable {
  dataDir: string;
  mqttPort: number;
  /** Values of a sensor by time. */
  readings(sensor: string): Promise<Map<number, number>>;
  api(path: string): Promise<Json>;
}
async function site(dataDir: string): Promise<Site> {
  await perchHere(dataDir, ["user", "add", "--email", ADMIN.email, "--role", "admin"], {
    input: ADMIN.password,
  });
  const { key } = JSON.parse(
    (await perchHere(dataDir, ["key", "add", "--name", "test", "--role", "admin", "--json"])).out,
  );
  await Deno.mkdir(`${dataDir}/codecs`);
  await Deno.writeTextFile(`${dataDir}/codecs/pumps.js`, CODEC);
  const mqttPort = freePort();
  const perch = await startPerch({ dataDir, env: { MQTT_PORT: String(mqttPort) } });
  async function api(path: string): Promise<Json> {
    const response = await fetch(perch.url + path, { headers: { authorization: `Bearer ${key}` } });
    return response.ok ? await response.json() : await response.body?.cancel() ?? null;
  }
  return {
    dataDir,
    mqttPort,
    api,
    async readings(sensor) {
      const all = await api(`/api/readings?sensor=${sensor}&from=${START_MS}&points=0`);
      return new Map((all?.t ?? []).map((t: number, i: number) => [t, all.v[i]]));
    },
    async [Symbol.asyncDispose]() {
      await perch.kill();
    },
  };
}

const START_MS = Date.now() - 600_000;

/** Everything that the devices sent is there, once, with its value. */
async function allArrived({ readings }: Site, load: Load, sensorOf: (device: string) => string) {
  await load.stop();
  for (const [i, { device, sent, open }] of load.ledger().entries()) {
    const want = new Map(
      Array.from({ length: sent }, (_, seq) => [START_MS + seq, valueOf(i, seq)] as const)
        .filter(([t]) => !open.includes(t - START_MS)),
    );
    const have = await until(`what ${device} sent`, async () => {
      const now = await readings(sensorOf(device));
      return now.size >= want.size ? now : null;
    });
    for (const seq of open) have.delete(START_MS + seq);
    assert.deepEqual(have, want, device);
  }
}

Deno.test({
  name: "perch console: a broken codec is shown, corrected after a sign-in, and nothing is lost",
  ignore: !haveTmux,
  fn: () =>
    withDir(async (dataDir) => {
      await using under = await site(dataDir);
      await using terminal = await terminalFor(dataDir);
      const { mqttPort: port, api, readings } = under;
      const common = { port, devices: 2, ratePerS: 60, startMs: START_MS };
      const pumps = startLoad({ ...common, topic: "pumps", prefix: "p" });
      const others = startLoad({ ...common, topic: "factory/others", prefix: "o" });
      try {
        await terminal.type("clear; ./perch console\n");
        await terminal.see(/Nothing is wrong/);
        await until("readings", async () => (await readings("pumps/p0/value")).size > 20 || null);

        await Deno.writeTextFile(`${dataDir}/codecs/pumps.js`, BROKEN);
        const shown = await terminal.see(/Corrected code/, 5_000);
        assert.match(shown, /^Fault: codec:pumps is paused, \d+ messages? waits?$/m);
        for (
          const fact of ["Type       syntax_error", "File       codecs/pumps.js", "Line       5"]
        ) {
          assert.ok(shown.includes(fact), `${fact} is not in\n${shown}`);
        }
        assert.match(shown, /^ *5 \+ .*\n.* … .*\}\];$/m);
        for (const line of shown.split("\n")) assert.ok(line.length < 80, line);

        // Its messages wait, acknowledged; all others go on.
        const held = (await readings("pumps/p0/value")).size;
        const going = (await readings("others/o0/value")).size;
        const acknowledged = pumps.acknowledged();
        await until("others", async () =>
          (await readings("others/o0/value")).size > going + 20 || null);
        assert.ok(pumps.acknowledged() > acknowledged);
        assert.equal((await readings("pumps/p0/value")).size, held);

        await terminal.press("r");
        await terminal.see(/This is proposed by|There is no safe proposal/);
        await terminal.press("a");
        await terminal.see(/Apply this to codecs\/pumps\.js\?[^]*^\+ /m);
        await terminal.press("Enter");
        await terminal.type(`${ADMIN.email}\n`);
        await terminal.see(/Password +_/);
        await terminal.type("not these words\n");
        await terminal.see(/Address or password is wrong/);
        assert.equal(await Deno.readTextFile(`${dataDir}/codecs/pumps.js`), BROKEN);
        await terminal.type(`${ADMIN.email}\n${ADMIN.password}\n`);
        const applied = await terminal.see(/codecs\/pumps\.js is corrected/);
        assert.ok(!applied.includes(ADMIN.password));

        await allArrived(under, pumps, (device) =>
          `pumps/${device}/value`);
        await allArrived(under, others, (device) => `others/${device}/value`);
        const names = [...Deno.readDirSync(`${dataDir}/codecs`)].map(({ name }) => name).sort();
        assert.equal(names.length, 2, names.join());
        const kept = await Deno.readTextFile(`${dataDir}/codecs/${names[1]}`);
        assert.equal(kept, BROKEN);
        const { items } = await api("/api/audit");
        const approved = items.find(({ action }: Json) => action === "correction.approved");
        assert.equal(approved.actor.name, ADMIN.email);

        // It is still watched: what comes now it cannot read, so it goes back by itself.
        const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
        for (let n = 0; n < 8; n++) {
          await client.publishAsync("pumps/p0/value", "no JSON", { qos: 1 });
        }
        await client.endAsync();
        await terminal.see(/was rolled back: /);
        assert.equal(await Deno.readTextFile(`${dataDir}/codecs/pumps.js`), BROKEN);
      } finally {
        await pumps.stop();
        await others.stop();
      }
    }),
});

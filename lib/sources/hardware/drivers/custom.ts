/** Drivers that somebody wrote (`<data>/drivers/*.js`), in the scripts' sandbox: they say which files they need. */
import type {
  LoadedScript,
  RunnableScript,
  Sandbox,
  ScriptFault,
} from "../../../scripts/script.ts";
import { DRIVER_TURNS, ENDLESS } from "../../../scripts/trying.ts";
import { type DriverValue, readDriverAnswer } from "../custom_answer.ts";
import { type Channel, fault, type Found, type HardwareDriver, type Host } from "../driver.ts";

export interface CustomDriverDeps {
  sandbox: Sandbox;
  /** Those that may run. */
  runnable(): readonly RunnableScript[];
}

/** How a driver is doing. */
export interface CustomFigures {
  name: string;
  reads: number;
  failed: number;
  /** Why the latest read failed; null: it did not. */
  fault: ScriptFault | null;
}

export interface CustomDriver extends HardwareDriver {
  figures(): CustomFigures[];
}

interface Known {
  hash: string;
  /** Null: nothing of it is being read. */
  loaded: LoadedScript | null;
  state: unknown;
  readers: number;
  figures: CustomFigures;
  inARow: number;
  /** The latest read, which all channels of it share for a moment. */
  latest: { atMs: number; read: Promise<Read> } | null;
  restUntilMs: number;
  /** As it gave values last: while it fails, its inputs say why. */
  channels: Channel[];
}
type Read = { title: string; values: DriverValue[] } | { fault: ScriptFault };

/** Channels that are read together are answered by one run. */
const SHARED_MS = 900;
/** Beyond this a read is given up, however many turns are left. */
const READ_MOST_MS = 15_000;
/** One that fails so often in a row is tried rarely, until its text is another. */
const IN_A_ROW = 5;
const REST_MS = 5 * 60_000;
/** Of one file. */
const FILE_CHARS = 65_536;

export function createCustomDriver({ sandbox, runnable }: CustomDriverDeps): CustomDriver {
  const known = new Map<string, Known>();

  function knownOf({ name, hash }: RunnableScript): Known {
    const before = known.get(name);
    if (before?.hash === hash) return before;
    before?.loaded?.unload();
    const fresh: Known = {
      ...{ hash, loaded: null, state: null, readers: before?.readers ?? 0 },
      figures: { name, reads: 0, failed: 0, fault: null },
      ...{ inARow: 0, latest: null, restUntilMs: -Infinity, channels: before?.channels ?? [] },
    };
    known.set(name, fresh);
    return fresh;
  }

  function forgetGone(): void {
    const there = new Set(runnable().map(({ name }) => name));
    for (const [name, { loaded }] of known) {
      if (there.has(name)) continue;
      loaded?.unload();
      known.delete(name);
    }
  }

  /** What it measures now, or what it measured a moment ago. */
  function readOf(host: Host, script: RunnableScript): Promise<Read> {
    const one = knownOf(script);
    const nowMs = host.clock.monotonic();
    if (one.latest !== null && nowMs - one.latest.atMs < SHARED_MS) return one.latest.read;
    if (nowMs < one.restUntilMs) return Promise.resolve({ fault: one.figures.fault! });
    const read = run(host, script, one).then((read) => {
      one.figures.reads++;
      one.figures.fault = "fault" in read ? read.fault : null;
      one.inARow = "fault" in read ? one.inARow + 1 : 0;
      if ("fault" in read) one.figures.failed++;
      if (one.inARow >= IN_A_ROW) one.restUntilMs = host.clock.monotonic() + REST_MS;
      if (one.readers === 0) release(one);
      return read;
    });
    one.latest = { atMs: nowMs, read };
    return read;
  }

  function release(one: Known): void {
    one.loaded?.unload();
    one.loaded = null;
  }

  async function run(host: Host, script: RunnableScript, one: Known): Promise<Read> {
    if (one.loaded === null) {
      const loaded = await sandbox.load(script);
      if ("fault" in loaded) return loaded;
      one.loaded = loaded.script;
    }
    const untilMs = host.clock.monotonic() + READ_MOST_MS;
    const title = one.loaded.exports.title;
    let input: Record<string, unknown> = { t_ms: host.clock.now() };
    for (let turn = 0; turn < DRIVER_TURNS; turn++) {
      const folded = await one.loaded.fold("read", one.state, [input]);
      const [answer] = folded.answers;
      if ("fault" in answer) return answer;
      one.state = folded.state;
      const read = readDriverAnswer(answer.ok);
      if ("fault" in read) return { fault: shapeFault(read.fault) };
      if ("values" in read) {
        return { title: typeof title === "string" ? title : script.name, values: read.values };
      }
      if (host.clock.monotonic() > untilMs) break;
      input = { t_ms: host.clock.now(), ...await filesFor(host, read) };
    }
    return { fault: shapeFault(ENDLESS) };
  }

  async function find(host: Host): Promise<Found> {
    forgetGone();
    const found: Found = { channels: [], notes: [] };
    for (const script of runnable()) {
      const { name } = script;
      const read = await readOf(host, script);
      if ("fault" in read) {
        found.notes.push(`Own drivers: ${name} fails: ${read.fault.message}.`);
      } else {
        knownOf(script).channels = read.values.map((value) => channelOf(name, read.title, value));
      }
      found.channels.push(...knownOf(script).channels);
    }
    return found;
  }

  function open(host: Host, { id, at }: Channel) {
    const own = () => runnable().find(({ name }) => name === at);
    const script = own();
    if (script !== undefined) knownOf(script).readers++;
    return {
      async read() {
        const now = own();
        if (now === undefined) return fault("gone", `there is no drivers/${at}.js that may run`);
        const read = await readOf(host, now);
        if ("fault" in read) return fault("failed", `its driver fails: ${read.fault.message}`);
        const value = read.values.find(({ name }) => id === `driver:${at}:${name}`);
        return value ?? fault("failed", "its driver gives no such value now");
      },
      close() {
        const one = known.get(at);
        if (one !== undefined) {
          one.readers = Math.max(0, one.readers - 1);
          if (one.readers === 0) release(one);
        }
        return Promise.resolve();
      },
    };
  }

  return {
    name: "driver",
    title: "Own drivers",
    help: "For what Perch does not know, a driver can be written: settings, scripts, new driver.",
    folders: [],
    signature: () => runnable().map(({ name, hash }) => `${name} ${hash}`).join("\n"),
    find,
    open,
    figures() {
      forgetGone();
      return [...known.values()].map(({ figures }) => figures);
    },
  };
}

function channelOf(script: string, device: string, value: DriverValue): Channel {
  const { name, title, unit } = value;
  return {
    id: `driver:${script}:${name}`,
    driver: "driver",
    bus: `driver ${script}`,
    device: device.slice(0, 60),
    ...{ title, name, unit, decimals: 3 },
    at: script,
  };
}

async function filesFor(
  { files }: Host,
  asked: { read: readonly string[]; list: readonly string[] },
) {
  const texts: Record<string, string | null> = {};
  for (const path of asked.read) {
    texts[path] = (await files.read(path))?.slice(0, FILE_CHARS) ?? null;
  }
  const folders: Record<string, string[] | null> = {};
  for (const path of asked.list) folders[path] = await files.list(path);
  return { files: texts, folders };
}

const shapeFault = (message: string): ScriptFault => ({
  ...{ type: "shape", message, line: null, column: null },
});

/**
 * `gpiomon` of Debian's package `gpiod`: it prints a line for each edge of a pin. Versions 1 (Debian 12) and 2
 * (Debian 13) have other options and write otherwise.
 */
import type { Clock } from "../../base/clock.ts";
import type { InputSettings } from "./driver.ts";

export type GpiomonVersion = 1 | 2;

export interface Edge {
  isRising: boolean;
  /** Of the kernel, monotonic. */
  tMs: number;
}

const INSTALL = "sudo apt install gpiod, then restart Perch, as it may only start programs that " +
  "were there when it started";

/** By the answer of `gpiomon --version`; null: there is no such program. */
export function judgeGpiomon(answer: string | null): GpiomonVersion | { problem: string } {
  if (answer === null) {
    return { problem: `pins are read by gpiomon, which is not there: ${INSTALL}` };
  }
  const major = Number(/\bv?(\d+)\.\d+/.exec(answer.split("\n")[0])?.[1]);
  if (major === 1 || major === 2) return major;
  return {
    problem: Number.isNaN(major)
      ? `what is called gpiomon here does not say its version: ${INSTALL}`
      : `gpiomon ${major} is newer than this Perch knows, which is 1 and 2: update Perch`,
  };
}

/** Both edges are asked for: two of a kind in a row show that one was lost. */
export function gpiomonArguments(
  version: GpiomonVersion,
  chip: string,
  line: number,
  bias: InputSettings["bias"],
): string[] {
  if (version === 1) {
    const word = bias === "disabled" ? "disable" : bias;
    const resistor = bias === "as-is" ? [] : [`--bias=${word}`];
    return ["--line-buffered", "--format=%e %s %n", ...resistor, chip, String(line)];
  }
  const resistor = bias === "as-is" ? [] : [`--bias=${bias}`];
  return ["--format=%E %S", ...resistor, `--chip=${chip}`, String(line)];
}

/** An edge as it is printed: `1 1234 56789` (seconds and nanoseconds), `rising 1234.000056789`; null: none. */
export function edgeIn(version: GpiomonVersion, line: string): Edge | null {
  const found = version === 1
    ? /^([01]) (\d+) (\d{1,9})$/.exec(line)
    : /^(rising|falling) (\d+)\.(\d{9})$/.exec(line);
  if (found === null) return null;
  const [, edge, seconds, nanos] = found;
  return {
    isRising: edge === "1" || edge === "rising",
    tMs: Number(seconds) * 1_000 + Number(nanos) / 1e6,
  };
}

/** What came of the edges of a pin. */
export interface Tally {
  pulses: number;
  /** Edges that must have been between others and were not told: the kernel keeps 16, the oldest go. */
  lost: number;
}

/** Counts edges of one kind; those soon after one that counted are the same contact. */
export function createTally(
  { edge, debounce_ms }: Pick<InputSettings, "edge" | "debounce_ms">,
): { take(edge: Edge): void; tally: Readonly<Tally> } {
  const tally: Tally = { pulses: 0, lost: 0 };
  let wasRising: boolean | null = null;
  let countedMs = -Infinity;
  return {
    tally,
    take({ isRising, tMs }) {
      if (wasRising === isRising) tally.lost++;
      wasRising = isRising;
      if (isRising !== (edge === "rising") || tMs - countedMs < debounce_ms) return;
      countedMs = tMs;
      tally.pulses++;
    },
  };
}

/** A gpiomon that runs. */
export interface Watching {
  tally: Readonly<Tally>;
  /** Why it ended by itself, in its own words; null: it runs. */
  ended(): string | null;
  end(): Promise<void>;
}

const TERM_MS = 1_000;
const LINE_MOST = 200;
/** No meter is so fast: a pin that hangs in the air is. */
const EDGES_MOST = 5_000;
const SAID_MOST = 300;

/** Nothing of Perch's environment is handed on. */
const environment = (path?: string): { clearEnv: true; env: Record<string, string> } => ({
  clearEnv: true,
  env: path === undefined ? {} : { PATH: path },
});

/** What a program prints that ends by itself; null: it is not there. */
export async function askGpiomon(path?: string): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command("gpiomon", {
      args: ["--version"],
      ...environment(path),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return null;
  }
}

/** @throws Error when it cannot be started */
export function watchPin(
  { version, chip, line, settings, clock, path }: {
    version: GpiomonVersion;
    chip: string;
    line: number;
    settings: Pick<InputSettings, "edge" | "debounce_ms" | "bias">;
    clock: Clock;
    path?: string;
  },
): Watching {
  const child = new Deno.Command("gpiomon", {
    args: gpiomonArguments(version, chip, line, settings.bias),
    ...environment(path),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { take, tally } = createTally(settings);
  let why: string | null = null;
  let isGone = false;
  const signal = (name: Deno.Signal) => {
    try {
      if (!isGone) child.kill(name);
    } catch { /* it ended meanwhile */ }
  };
  const pace = createPace(clock, EDGES_MOST);
  const reading = readLines(child.stdout, (text) => {
    const edge = edgeIn(version, text);
    if (edge === null) return;
    take(edge);
    if (why === null && pace()) {
      why = `more than ${EDGES_MOST} edges in a second, which no meter gives: the pin hangs in ` +
        "the air, set a resistor (bias)";
      signal("SIGKILL");
    }
  });
  let said = "";
  const complaining = readLines(child.stderr, (text) => {
    if (said.length < SAID_MOST) said = `${said} ${text}`.trim().slice(0, SAID_MOST);
  });
  const gone = Promise.all([child.status, reading, complaining]).then(() => {
    isGone = true;
    why ??= said === "" ? "gpiomon ended by itself" : said;
  });
  return {
    tally,
    ended: () => why,
    async end() {
      signal("SIGTERM");
      const cut = new AbortController();
      const late = clock.sleep(TERM_MS, cut.signal).then(() => signal("SIGKILL"), () => {});
      await gone;
      cut.abort();
      await late;
    },
  };
}

/** True once there were more than so many in a second. */
function createPace(clock: Pick<Clock, "monotonic">, most: number): () => boolean {
  let sinceMs = clock.monotonic();
  let n = 0;
  return () => {
    n++;
    if (n % 100 !== 0) return false;
    const nowMs = clock.monotonic();
    if (n > most && nowMs - sinceMs <= 1_000) return true;
    if (nowMs - sinceMs > 1_000) [sinceMs, n] = [nowMs, 0];
    return false;
  };
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  try {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!.slice(-LINE_MOST);
      for (const line of lines) take(line.trim());
    }
    if (rest !== "") take(rest.trim());
  } catch { /* its end says the rest */ }
}

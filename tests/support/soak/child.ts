import { fileURLToPath } from "node:url";
import { childArgs } from "../perch.ts";
import type { Order, Ready, Sample, SoakStart } from "./words.ts";

const CHILD = fileURLToPath(new URL("../../load/soak_child.ts", import.meta.url));
const OUTPUT_CHARS = 200_000;

/** The Perch that is watched. */
export interface SoakChild extends Ready {
  pid: number;
  obey(order: Order): Promise<Sample | null>;
  /** What it logged last. */
  output(): string;
  /** Lets it stop by itself. Gives the exit code. */
  stop(): Promise<number>;
  kill(): Promise<void>;
}

/** Starts it with the flags of the runtime that Perch has; resolves when it listens. */
export async function startSoakChild(start: SoakStart): Promise<SoakChild> {
  const process = new Deno.Command(Deno.execPath(), {
    args: childArgs(CHILD, [JSON.stringify(start)]),
    // As the unit has it.
    env: { MALLOC_ARENA_MAX: "2" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const logged = (async () => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) {
      output = (output + text).slice(-OUTPUT_CHARS);
    }
  })();
  const orders = process.stdin.getWriter();
  const answers = lines(process.stdout);
  const next = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`the Perch under test ended:\n${output}`);
    return JSON.parse(value);
  };
  const ready: Ready = await next();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...ready,
    pid: process.pid,
    output: () => output,
    obey(order) {
      const answer = turn.then(async () => {
        await orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
        return await next();
      });
      turn = answer.catch(() => {});
      return answer;
    },
    async stop() {
      await orders.close();
      const { code } = await process.status;
      await logged;
      return code;
    },
    async kill() {
      try {
        process.kill("SIGKILL");
      } catch {
        // It ended before.
      }
      await process.status;
      await logged;
    },
  };
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const all = (rest + text).split("\n");
    rest = all.pop()!;
    yield* all;
  }
}

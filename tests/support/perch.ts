import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface PerchOptions {
  /** Data directory; the caller removes it. */
  dataDir: string;
  env?: Record<string, string>;
  /** `serve` unless said otherwise. */
  args?: string[];
  /** A compiled binary (and what stands before it, such as qemu) instead of the sources. */
  binary?: string[];
  /** Most ms until `/health/ready` answers 200. Default 30 000. */
  readyMs?: number;
  /** Ready when this path answers 200; default `/health/ready`, which a full disk keeps at 503. */
  readyPath?: string;
  /** What stands before the command, such as strace with its arguments. */
  under?: string[];
  /** Called with every line of output. */
  onLine?: (line: string) => void;
}

/** Perch as a process of its own, the way users run it. */
export interface PerchProcess {
  url: string;
  pid: number;
  /** From spawning to the first 200 of `/health/ready`. */
  readyAfterMs: number;
  /** What it printed so far. */
  output(): string;
  /** SIGTERM and wait. Gives the exit code. */
  stop(): Promise<number>;
  /** SIGKILL and wait. */
  kill(): Promise<void>;
}

/**
 * The command that runs Perch from source or as a binary. From source it is what the task `perch` says,
 * without the shell of `deno task` in between: signals must reach Perch itself.
 */
export function perchCommand(binary: string[] | undefined, args: string[]): [string, string[]] {
  if (binary) return [binary[0], [...binary.slice(1), ...args]];
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  const words = String(tasks.perch).split(" ").filter((word) => word !== "");
  if (words[0] !== "deno" || words[1] !== "run" || words.at(-1) !== "main.ts") {
    throw new Error(`the task "perch" is not a plain "deno run … main.ts": ${tasks.perch}`);
  }
  const flags = words.slice(2, -1);
  return [Deno.execPath(), [
    "run",
    "--config",
    `${ROOT}deno.json`,
    ...flags,
    `${ROOT}main.ts`,
    ...args,
  ]];
}

/** Arguments of Deno for a program of the tests that has V8 set up as Perch has, and every permission. */
export function childArgs(program: string, args: readonly string[]): string[] {
  const [, perch] = perchCommand(undefined, []);
  const v8 = perch.filter((word) => word.startsWith("--v8"));
  return ["run", "--no-check", "--config", `${ROOT}deno.json`, ...v8, "-A", program, ...args];
}

/** Starts Perch on a free port and resolves when it is ready. */
export async function startPerch(options: PerchOptions): Promise<PerchProcess> {
  const plain = perchCommand(options.binary, options.args ?? ["serve"]);
  const [command, ...args] = [...options.under ?? [], plain[0], ...plain[1]];
  const startedMs = performance.now();
  const child = new Deno.Command(command, {
    args,
    cwd: options.dataDir,
    env: {
      PERCH_DATA: options.dataDir,
      PERCH_HOST: "127.0.0.1",
      PERCH_PORT: "0",
      NO_COLOR: "1",
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output = (output + text).slice(-200_000);
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      lines.forEach((line) => options.onLine?.(line));
    }
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  let exited: Deno.CommandStatus | null = null;
  const status = child.status.then((s) => exited = s);

  const deadlineMs = startedMs + (options.readyMs ?? 30_000);
  let url = "";
  for (;;) {
    if (exited) throw new Error(`Perch ended at start:\n${output}`);
    if (performance.now() > deadlineMs) {
      child.kill("SIGKILL");
      throw new Error(`Perch was not ready in time:\n${output}`);
    }
    url ||= /https?:\/\/[\w.[\]:-]+:\d+/.exec(output)?.[0] ?? "";
    if (url && await isReady(url + (options.readyPath ?? "/health/ready"))) break;
    await new Promise((r) => setTimeout(r, 10));
  }
  const end = async (signal: Deno.Signal) => {
    if (!exited) child.kill(signal);
    const { code } = await status;
    await reading;
    return code;
  };
  return {
    url,
    pid: child.pid,
    readyAfterMs: performance.now() - startedMs,
    output: () => output,
    stop: () => end("SIGTERM"),
    kill: async () => void await end("SIGKILL"),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Makes an API key with `perch key add`, before or while Perch runs. */
export async function addKey(
  options: {
    dataDir: string;
    role: string;
    /** Any, unless said. */
    name?: string;
    binary?: string[];
    env?: Record<string, string>;
  },
): Promise<string> {
  const [command, args] = perchCommand(options.binary, [
    "key",
    "add",
    "--name",
    options.name ?? `test-${crypto.randomUUID().slice(0, 8)}`,
    "--role",
    options.role,
    "--json",
  ]);
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: options.dataDir,
    env: { PERCH_DATA: options.dataDir, NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`key add failed:\n${text}${new TextDecoder().decode(stderr)}`);
  return JSON.parse(text).key as string;
}

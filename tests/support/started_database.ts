import { freePort } from "./port.ts";
import { until } from "./until.ts";

/** A database server as a process on loopback, with its data in a folder that is removed with it. */
export interface StartedDatabase {
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
  /** SIGKILL; `restart` brings it back with what it had on its disk. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts one on a free port; resolves when `health` answers. `command` is asked at every start.
 * @throws Deno.errors.NotFound where the program is not installed
 */
export async function startDatabase(
  { folder, name, health, command }: {
    folder: string;
    name: string;
    /** Path that answers 2xx once it is ready. */
    health: string;
    command(port: number): readonly string[] | Promise<readonly string[]>;
  },
): Promise<StartedDatabase> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const remove = () => Deno.remove(folder, { recursive: true });
  let child = await start().catch((error) => remove().then(() => Promise.reject(error)));

  async function start(): Promise<Deno.ChildProcess> {
    const [program, ...args] = await command(port);
    const process = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
    await until(`${name} to listen`, async () => {
      const answer = await fetch(url + health).catch(() => null);
      await answer?.body?.cancel();
      return answer?.ok ? true : null;
    }, 60_000);
    return process;
  }

  async function end(signal: Deno.Signal): Promise<void> {
    try {
      child.kill(signal);
    } catch {
      // has ended
    }
    await child.status;
  }

  const kill = () => end("SIGKILL");
  return {
    url,
    folder,
    get pid() {
      return child.pid;
    },
    kill,
    stop: () => end("SIGTERM"),
    async restart() {
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await remove();
    },
  };
}

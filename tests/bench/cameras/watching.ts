import { readLines } from "../../support/cameras/lines.ts";
import type { BenchPerch } from "../ingest/setup.ts";

export interface Watching {
  /** Bytes that all of them got so far. */
  bytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Opens the live picture of a camera as often as said. */
export function startWatching(bench: BenchPerch, id: string, viewers: number): Watching {
  const url = `${bench.perch.url}/api/cameras/${id}/stream`;
  const key = bench.headers.authorization.replace("Bearer ", "");
  const program = new URL("viewers.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--allow-net", program, url, key, String(viewers)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = readLines(child.stdout);
  const writer = child.stdin.getWriter();
  return {
    async bytes() {
      await writer.write(new TextEncoder().encode("\n"));
      return Number((await lines.next()).value);
    },
    async stop() {
      await writer.close();
      await child.status;
      await lines.return(undefined);
    },
  };
}

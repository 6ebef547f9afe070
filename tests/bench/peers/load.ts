import type { LineSet } from "./lines.ts";
import type { Peer } from "./peer.ts";

/** Sends the requests `from` to `to` (exclusive; default all) of a set. */
export interface Order {
  set: string;
  from?: number;
  to?: number;
  connections: number;
  port: number;
  path: string;
  headers: readonly string[];
}

/** From the first byte to the last acknowledgement, and the processor time that sending took. */
export interface Sent {
  seconds: number;
  cpuS: number;
}

/** The generator: a process of its own, whose requests are made before anything is measured. */
export interface LoadGenerator extends AsyncDisposable {
  send(
    peer: Peer,
    order: Pick<Order, "set" | "from" | "to" | "connections">,
  ): Promise<Sent>;
}

export async function startGenerator(sets: Record<string, LineSet>): Promise<LoadGenerator> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "-q", "--allow-net=127.0.0.1"],
      `${import.meta.dirname}/load_child.ts`,
      JSON.stringify(sets),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const said = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const orders = child.stdin.getWriter();
  async function answer(): Promise<Sent> {
    for (let text = "";;) {
      const { value, done } = await said.read();
      if (done) throw new Error("the load generator ended");
      text += value;
      if (text.endsWith("\n")) return JSON.parse(text);
    }
  }
  await answer();
  return {
    async send({ port, write }, order) {
      const whole: Order = { ...order, port, path: write.path, headers: write.headers };
      await orders.write(new TextEncoder().encode(JSON.stringify(whole) + "\n"));
      return await answer();
    },
    async [Symbol.asyncDispose]() {
      await orders.close().catch(() => {});
      await child.status;
    },
  };
}

/**
 * Sends prepared requests over plain sockets, so that it is not what limits. Argument: a JSON object of `LineSet` by
 * name. Says `{"ready":true}`, then for each `Order` on a line of standard input a `Sent`.
 */
import process from "node:process";
import { bodiesOf, type LineSet } from "./lines.ts";
import type { Order, Sent } from "./load.ts";

const decoder = new TextDecoder();

function requestsOf({ path, port, headers }: Order, bodies: readonly Uint8Array[]): Uint8Array[] {
  return bodies.map((body) => {
    const head = new TextEncoder().encode([
      `POST ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Content-Type: text/plain; charset=utf-8",
      ...headers,
      `Content-Length: ${body.length}`,
      "\r\n",
    ].join("\r\n"));
    const request = new Uint8Array(head.length + body.length);
    request.set(head);
    request.set(body, head.length);
    return request;
  });
}

/** One connection: the next request as soon as the one before is acknowledged. */
async function connection(port: number, next: () => Uint8Array | undefined): Promise<void> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  const buffer = new Uint8Array(16_384);
  for (let request = next(); request !== undefined; request = next()) {
    for (let at = 0; at < request.length;) at += await socket.write(request.subarray(at));
    // An acknowledgement is a 204: it ends with its head.
    let answer = "";
    while (!answer.includes("\r\n\r\n")) {
      const n = await socket.read(buffer);
      if (n === null) throw new Error(`the connection was closed: ${answer}`);
      answer += decoder.decode(buffer.subarray(0, n));
    }
    if (!answer.startsWith("HTTP/1.1 204")) throw new Error(answer);
  }
}

async function send(order: Order, bodies: readonly Uint8Array[]): Promise<Sent> {
  const requests = requestsOf(order, bodies);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: order.connections }, () => connection(order.port, () => requests[next++])),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuS: (user + system) / 1e6 };
}

const sets = JSON.parse(Deno.args[0]) as Record<string, LineSet>;
const bodies = Object.fromEntries(
  Object.entries(sets).map(([name, set]) => [name, bodiesOf(set)]),
);
console.log(JSON.stringify({ ready: true }));
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const orders = (rest + text).split("\n");
  rest = orders.pop()!;
  for (const line of orders) {
    const order = JSON.parse(line) as Order;
    console.log(JSON.stringify(await send(order, bodies[order.set].slice(order.from, order.to))));
  }
}

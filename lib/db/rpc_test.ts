import assert from "node:assert/strict";
import { PerchError } from "../base/errors.ts";
import { createRpcClient, type MessagePeer, type RpcClient, serveRpc } from "./rpc.ts";

async function withChannel(
  handlers: Parameters<typeof serveRpc>[1],
  work: (client: RpcClient) => Promise<void>,
): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  serveRpc(port2 as unknown as MessagePeer, handlers);
  port1.start();
  port2.start();
  await work(createRpcClient(port1 as unknown as MessagePeer));
  port1.close();
  port2.close();
}

Deno.test("serveRpc answers one call at a time, in the order they are made", async () => {
  const events: string[] = [];
  const handlers = {
    async work(name: string, ms: number) {
      events.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      events.push(`${name} ends`);
      return name;
    },
  };
  await withChannel(handlers, async (client) => {
    const answers = await Promise.all([
      client.call("work", ["slow", 20]),
      client.call("work", ["quick", 0]),
    ]);
    assert.deepEqual(answers, ["slow", "quick"]);
    assert.deepEqual(events, ["slow begins", "slow ends", "quick begins", "quick ends"]);
  });
});

Deno.test("RpcClient.call rejects with the error of the other side, code and all", async () => {
  const handlers = {
    full() {
      throw new PerchError("storage_full", "no room", { retryAfterS: 10 });
    },
    wrong() {
      throw new Error("a mistake");
    },
  };
  await withChannel(handlers, async (client) => {
    await assert.rejects(client.call("full", []), {
      code: "storage_full",
      message: "no room",
      retryAfterS: 10,
    });
    await assert.rejects(client.call("wrong", []), { code: "internal" });
    await assert.rejects(client.call("unknown", []), { code: "internal" });
  });
});

Deno.test("RpcClient.fail rejects what waits and what comes", async () => {
  const never = { wait: () => new Promise(() => {}) };
  await withChannel(never, async (client) => {
    const waiting = client.call("wait", []);
    client.fail(new PerchError("storage_failed", "the database worker ended"));
    await assert.rejects(waiting, { code: "storage_failed" });
    await assert.rejects(client.call("wait", []), { code: "storage_failed" });
  });
});

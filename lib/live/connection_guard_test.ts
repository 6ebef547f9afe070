import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import { CONNECTION_LIMITS, createConnectionGuard, dueOf, type Quiet } from "./connection_guard.ts";
import { createSockets, type OpenConnection } from "./sockets.ts";

const { headMs, idleMs } = CONNECTION_LIMITS;

function connection(fd: number, more: Partial<OpenConnection> = {}): OpenConnection {
  return { fd, port: 40_000 + fd, address: "c0a80107", loopback: false, ...more };
}

/** A guard over a list of connections that the test keeps. */
function guarded() {
  const clock = fakeClock();
  const open = new Map<number, OpenConnection>();
  const ended: number[] = [];
  const guard = createConnectionGuard({
    clock,
    log: silentLog(),
    ports: () => [8080],
    sockets: {
      connectionsOf: () => [...open.values()],
      end(fd) {
        ended.push(fd);
        open.delete(fd);
      },
    },
  });
  return {
    guard,
    ended,
    clock,
    open: (...fds: number[]) => fds.forEach((fd) => open.set(fd, connection(fd))),
    close: (fd: number) => open.delete(fd),
    async after(ms: number) {
      await clock.advance(ms);
      guard.sweep();
    },
  };
}

Deno.test("connection guard ends what sends no whole head in time, and nothing else", async () => {
  const { guard, ended, open, after } = guarded();
  open(3, 4, 5);
  await after(0);
  guard.begin(40_004, new Promise(() => {}));
  guard.begin(40_005, Promise.resolve());
  await after(headMs - 1);
  assert.deepEqual(ended, []);
  await after(1);
  assert.deepEqual(ended, [3]);
  await after(idleMs);
  assert.deepEqual(ended, [3, 5], "the stream at 4 stays");
});

Deno.test("connection guard leaves WebSockets alone and counts a reused descriptor anew", async () => {
  const { guard, ended, open, close, after } = guarded();
  open(3, 4);
  await after(0);
  guard.begin(40_003, Promise.resolve());
  guard.upgraded(40_003);
  await after(headMs - 1);
  close(4);
  await after(0);
  open(4);
  await after(1);
  assert.deepEqual(ended, []);
  await after(idleMs * 10);
  assert.deepEqual(ended, [4]);
});

Deno.test("dueOf keeps an address to its number of quiet connections; loopback is exempt", () => {
  const limits = { ...CONNECTION_LIMITS, quietPerAddress: 2 };
  const quiet = (fd: number, sinceMs: number, more: Partial<OpenConnection> = {}): Quiet => ({
    connection: connection(fd, more),
    sinceMs,
    answered: false,
  });
  const fds = (list: Quiet[]) => dueOf(list, 1_000, limits).map((one) => one.fd);
  assert.deepEqual(fds([quiet(3, 300), quiet(4, 100), quiet(5, 200), quiet(6, 400)]), [4, 5]);
  assert.deepEqual(fds([3, 4, 5].map((fd) => quiet(fd, 1, { loopback: true }))), []);
  assert.deepEqual(fds([3, 4, 5].map((fd) => quiet(fd, 1, { address: String(fd) }))), []);
});

Deno.test("createSockets finds this process's connections on a port and ends one", async () => {
  const sockets = createSockets();
  for (const hostname of ["127.0.0.1", "::1"]) {
    const listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const clients = await Promise.all([1, 2].map(() => Deno.connect({ hostname, port })));
    const accepted = [await listener.accept(), await listener.accept()];
    const found = sockets.connectionsOf(port)!;
    assert.equal(found.length, 2);
    assert.ok(found.every((one) => one.loopback));
    const ports = clients.map((client) => (client.localAddr as Deno.NetAddr).port);
    assert.deepEqual(found.map((one) => one.port).sort(), ports.sort());
    sockets.end(found.find((one) => one.port === ports[0])!.fd);
    const ended = clients.find((c) => (c.localAddr as Deno.NetAddr).port === ports[0])!;
    assert.equal(await ended.read(new Uint8Array(1)), null);
    for (const one of [...clients, ...accepted, listener]) one.close();
  }
});

Deno.test("connection guard ends whatever was quiet for a second when there are no more descriptors", async () => {
  const { guard, ended, open, clock } = guarded();
  open(3, 4, 5);
  guard.begin(40_004, new Promise(() => {}));
  guard.relieve();
  assert.deepEqual(ended, [], "new ones may still send something");
  await clock.advance(1_000);
  guard.relieve();
  assert.deepEqual(ended, [3, 5], "and what is being answered goes on");
});

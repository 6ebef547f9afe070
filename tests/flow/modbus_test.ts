import assert from "node:assert/strict";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { modbus } from "../../lib/sources/polls/kinds/modbus.ts";
import { PollError, type PollSession } from "../../lib/sources/polls/kinds/kind.ts";
import { exception, type Misbehaviour, startSlave } from "../support/modbus_slave.ts";
import { until } from "../support/until.ts";

const MAP = `name,address,type,order,scale,unit
voltage,0,uint16,,0.1,V
power,2,float32,little_swapped,,W
total,300,uint32,,,kWh
`;
const COILS = "name,address,area\nrun,3,coil\n";

const outgoing = createOutgoing({ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] });

function openAt(port: number, registers = MAP, more: object = {}): PollSession {
  const options = { host: "127.0.0.1", port, registers, ...more };
  return modbus.open(options, { outgoing, clock: systemClock(), allowed: null });
}

const never = new AbortController().signal;
const failing = (session: PollSession, signal = never) =>
  session.ask(signal).then(() => assert.fail("it was answered"), (error) => error);

Deno.test("modbus: values of a slave, near ones by one request, over one connection that is kept", async () => {
  const slave = await startSlave();
  slave.holding.writeUInt16BE(2301, 0);
  slave.holding.set([0x66, 0x66, 0x41, 0xaa], 4);
  slave.holding.writeUInt32BE(70_000, 600);
  slave.coils[0] = 0b1000;
  const session = openAt(slave.port);
  const coils = openAt(slave.port, COILS);
  try {
    const { values, faults, detail } = await session.ask(never);
    assert.deepEqual(values, [
      { sensor: "voltage", value: 230.1, unit: "V" },
      { sensor: "power", value: 21.3, unit: "W" },
      { sensor: "total", value: 70_000, unit: "kWh" },
    ]);
    assert.deepEqual([faults, detail], [[], "3 of 3 values read"]);
    assert.deepEqual(slave.requests, [[3, 0, 4], [3, 300, 2]]);
    await session.ask(never);
    assert.equal(slave.opened(), 1);
    assert.deepEqual((await coils.ask(never)).values, [{ sensor: "run", value: true }]);
    // Switched off and on: the next asking connects anew.
    slave.cut();
    await until("the end of its connections", () => slave.open() === 0 || null);
    await session.ask(never).catch(() => session.ask(never));
    assert.equal(slave.opened(), 3);
  } finally {
    await session.close();
    await coils.close();
    await until("no connection", () => slave.open() === 0 || null);
    await slave.close();
  }
});

Deno.test("modbus: what a device refuses costs that value alone, and is said", async () => {
  // It refuses every request that touches register 1: the gap that nobody asked for, and `bad`.
  const slave = await startSlave((request, socket) => {
    const [start, count] = [request.readUInt16BE(8), request.readUInt16BE(10)];
    if (start > 1 || start + count <= 1) return false;
    return socket.write(exception(request, 2)), true;
  });
  slave.holding.writeUInt16BE(5, 0);
  slave.holding.writeUInt16BE(6, 4);
  const session = openAt(slave.port, "name,address\na,0\nb,2\nbad,1\n");
  try {
    for (let round = 0; round < 2; round++) {
      const { values, faults } = await session.ask(never);
      assert.deepEqual(values.map(({ sensor, value }) => [sensor, value]), [["a", 5], ["b", 6]]);
      assert.deepEqual(faults, [
        "bad: the device has no register there (exception 2, illegal address)",
      ]);
    }
    assert.equal(slave.requests.length, 1 + 3 + 3, "read together once, then one by one");
  } finally {
    await session.close();
    await slave.close();
  }
});

Deno.test("modbus: a device that does not answer as it should is one clear sentence, and the next asking begins anew", async () => {
  const cases: [Misbehaviour, string, RegExp][] = [
    [
      (request, socket) => (socket.write(exception(request, 11)), true),
      "answer",
      /unit behind the gateway/,
    ],
    [(_, socket) => (socket.destroy(), true), "unreachable", /closed the connection/],
    [
      (_, socket) => (socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), true),
      "protocol",
      /does not speak Modbus/,
    ],
  ];
  for (const [misbehave, code, expected] of cases) {
    const slave = await startSlave(misbehave);
    const session = openAt(slave.port, "name,address\na,0\n");
    try {
      const error = await failing(session);
      assert.ok(error instanceof PollError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, expected);
    } finally {
      await session.close();
      await slave.close();
    }
  }
});

Deno.test("modbus: silence ends with its signal, and a late answer is nobody's", async () => {
  let late: (() => void) | null = null;
  const slave = await startSlave((request, socket) => {
    if (late !== null) return false;
    const answer = Buffer.from([...request.subarray(0, 5), 5, request[6], 3, 2, 0, 99]);
    late = () => socket.write(answer);
    return true;
  });
  slave.holding.writeUInt16BE(1, 0);
  const session = openAt(slave.port, "name,address\na,0\n");
  try {
    const stop = new AbortController();
    const asking = failing(session, stop.signal);
    await until("its request", () => late !== null || null);
    stop.abort(new Error("time is over"));
    await asking;
    late!();
    const { values } = await session.ask(never);
    assert.deepEqual(values, [{ sensor: "a", value: 1 }]);
  } finally {
    await session.close();
    await slave.close();
  }
});

Deno.test("modbus: an address that nobody allowed is not connected to", async () => {
  const slave = await startSlave();
  const guard = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
  const options = { host: "127.0.0.1", port: slave.port, registers: "name,address\na,0\n" };
  const session = modbus.open(options, { outgoing: guard, clock: systemClock(), allowed: null });
  assert.match(String(await failing(session)), /127\.0\.0\.1/);
  assert.equal(slave.opened(), 0);
  await slave.close();
});

/**
 * The ordinary design, as a baseline: one row under a `(sensor, ts)` key and one commit per MQTT message,
 * acknowledged afterwards. Same parser of MQTT packets, same libSQL, same durability as Perch.
 *
 * Usage: per_message.ts PORT DATABASE_FILE COUNT; prints `{"n","ms"}` when COUNT messages are stored.
 */
import { Buffer } from "node:buffer";
import { createClient } from "@libsql/client";
import mqttPacket from "mqtt-packet";

const [port, file, count] = [Number(Deno.args[0]), Deno.args[1], Number(Deno.args[2])];
const client = createClient({ url: `file:${file}`, concurrency: 1 });
await client.execute("pragma journal_mode=wal");
await client.execute("pragma synchronous=full");
await client.execute(
  "create table if not exists readings(sensor text, ts integer, value real, primary key(sensor, ts)) without rowid",
);

const version = { protocolVersion: 5 as const };
const connection = await Deno.connect({ hostname: "127.0.0.1", port });
connection.setNoDelay(true);
const send = async (packet: mqttPacket.Packet) => {
  const bytes = mqttPacket.generate(packet, version);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
};
await send({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 5,
  clean: true,
  clientId: "per-message",
  keepalive: 0,
  properties: { receiveMaximum: 2000 },
});

const inbox: mqttPacket.IPublishPacket[] = [];
const parser = mqttPacket.parser(version);
parser.on("packet", (packet) => {
  if (packet.cmd === "publish") inbox.push(packet);
  if (packet.cmd === "connack") {
    send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "factory/#", qos: 1 }] });
  }
  if (packet.cmd === "suback") console.log("ready");
});

let stored = 0;
let startedMs = 0;
let ts = Date.now();
const buffer = new Uint8Array(65_536);
while (stored < count) {
  const n = await connection.read(buffer);
  if (n === null) break;
  parser.parse(Buffer.from(buffer.slice(0, n)));
  for (const packet of inbox.splice(0)) {
    startedMs ||= performance.now();
    const { value } = JSON.parse(packet.payload.toString());
    await client.execute({
      sql: "insert into readings values (?,?,?)",
      args: [packet.topic, ts++, value],
    });
    await send({ cmd: "puback", messageId: packet.messageId! });
    if (++stored === count) break;
  }
}
console.log(JSON.stringify({ n: stored, ms: performance.now() - startedMs }));
connection.close();
client.close();

/** An edge node of Sparkplug B for tests: it speaks by a real connection, and says when it is told something. */
import { Buffer } from "node:buffer";
import { connectAsync, type MqttClient } from "mqtt";
import { WireWriter } from "../../lib/sources/sparkplug/wire.ts";

export interface EdgeMetric {
  name?: string;
  alias?: number;
  type?: number;
  /** By the type: boolean, double, or a whole number. */
  value: number | boolean;
  /** Said with it as the property engUnit. */
  unit?: string;
}

export interface EdgeNode extends AsyncDisposable {
  /** NBIRTH; the running number begins at 0. */
  birth(metrics?: EdgeMetric[]): Promise<void>;
  deviceBirth(device: string, metrics: EdgeMetric[]): Promise<void>;
  deviceDeath(device: string): Promise<void>;
  /** NDATA or DDATA; `seq` is left out where the next one is meant. */
  data(device: string | null, metrics: EdgeMetric[], seq?: number): Promise<void>;
  /** Commands that came. */
  commands: { topic: string; payload: Uint8Array; qos: number; retain: boolean }[];
  /** The next number, which is then taken: a message that never comes. */
  skip(): number;
  /** The connection is cut: the broker publishes its will. */
  crash(): void;
}

/** The payload of a message of an edge node. */
export function edgePayload(
  metrics: EdgeMetric[],
  seq: number | null,
  tMs = Date.now(),
  historical = false,
): Uint8Array {
  const writer = new WireWriter().uint(1, tMs);
  for (const { name, alias, type, value, unit } of metrics) {
    const metric = new WireWriter();
    if (name !== undefined) metric.text(1, name);
    if (alias !== undefined) metric.uint(2, alias);
    metric.uint(3, tMs);
    if (type !== undefined) metric.uint(4, type);
    if (historical) metric.bool(5, true);
    if (unit !== undefined) {
      const text = new WireWriter().uint(1, 12).text(8, unit).done();
      metric.bytes(9, new WireWriter().text(1, "engUnit").bytes(2, text).done());
    }
    if (typeof value === "boolean") metric.bool(14, value);
    else if (Number.isInteger(value) && type !== 10) metric.uint(type === 8 ? 11 : 10, value);
    else metric.double(13, value);
    writer.bytes(2, metric.done());
  }
  return seq === null ? writer.done() : writer.uint(3, seq).done();
}

/** Connects an edge node with its will; it is not born yet. */
export async function edgeNode(
  url: string,
  group: string,
  node: string,
  bdSeq = 0,
): Promise<EdgeNode> {
  const topic = (type: string, device: string | null = null) =>
    `spBv1.0/${group}/${type}/${node}${device === null ? "" : `/${device}`}`;
  const death = edgePayload([{ name: "bdSeq", type: 8, value: bdSeq }], null);
  const client: MqttClient = await connectAsync(url, {
    reconnectPeriod: 0,
    will: { topic: topic("NDEATH"), payload: Buffer.from(death), qos: 1, retain: false },
  });
  const commands: EdgeNode["commands"] = [];
  client.on("message", (to, payload, { qos, retain }) => {
    commands.push({ topic: to, payload: new Uint8Array(payload), qos, retain });
  });
  await client.subscribeAsync([topic("NCMD"), `${topic("DCMD")}/#`], { qos: 1 });
  let seq = 0;
  const next = () => seq++ & 255;
  const send = async (to: string, payload: Uint8Array) =>
    void await client.publishAsync(to, Buffer.from(payload), { qos: 0 });
  return {
    commands,
    birth(metrics = []) {
      seq = 0;
      const own = [
        { name: "bdSeq", type: 8, value: bdSeq },
        { name: "Node Control/Rebirth", type: 11, value: false },
      ];
      return send(topic("NBIRTH"), edgePayload([...own, ...metrics], next()));
    },
    deviceBirth: (device, metrics) => send(topic("DBIRTH", device), edgePayload(metrics, next())),
    deviceDeath: (device) => send(topic("DDEATH", device), edgePayload([], next())),
    data: (device, metrics, given) =>
      send(
        topic(device === null ? "NDATA" : "DDATA", device),
        edgePayload(metrics, given ?? next()),
      ),
    skip: next,
    crash: () => void client.stream.destroy(),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

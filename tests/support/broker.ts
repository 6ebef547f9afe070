import "../../lib/base/denied_env.ts";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { RejectRecord } from "../../lib/intake/rejects.ts";
import { type Broker, createBroker } from "../../lib/sources/broker/broker.ts";
import type { BrokerDeps } from "../../lib/sources/broker/broker.ts";
import type { BrokerOptionsInput } from "../../lib/sources/broker/options.ts";

/** The embedded broker alone, on free ports: TCP, and WebSocket at `/mqtt` of an HTTP server. */
export interface TestBroker extends AsyncDisposable {
  broker: Broker;
  port: number;
  wsPort: number;
  /** What it refused itself. */
  refused: RejectRecord[];
  /** A mqtt.js client that is connecting and does not reconnect. */
  open(options?: IClientOptions): MqttClient;
  /** The same, connected; rejects when it is refused. */
  connect(options?: IClientOptions): Promise<MqttClient>;
}

export async function startBroker(
  deps: Pick<BrokerDeps, "intake"> & Partial<BrokerDeps>,
  options: BrokerOptionsInput = {},
  peer = { address: "127.0.0.1", loopback: true },
): Promise<TestBroker> {
  const refused: RejectRecord[] = [];
  const broker = createBroker({
    clock: systemClock(),
    log: silentLog(),
    rejects: { add: (record) => void refused.push(record) },
    authenticate: (credentials, { loopback }) =>
      credentials === null && loopback ? { name: "anonymous", may: () => true } : null,
    ...deps,
  }, { port: 0, ...options });
  await broker.start();
  const port = broker.port();
  const abort = new AbortController();
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: abort.signal, onListen: () => {} },
    (request) => broker.handleUpgrade(request, peer),
  );
  const clients: MqttClient[] = [];
  const open = (clientOptions: IClientOptions = {}) => {
    const client = connect(`mqtt://127.0.0.1:${port}`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...clientOptions,
    });
    clients.push(client);
    client.on("error", () => {});
    return client;
  };
  return {
    broker,
    port,
    wsPort: http.addr.port,
    refused,
    open,
    connect: (clientOptions) =>
      new Promise((resolve, reject) => {
        const client = open(clientOptions);
        client.once("connect", () => resolve(client)).once("error", reject);
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await broker.stop();
      abort.abort();
      await http.finished;
    },
  };
}

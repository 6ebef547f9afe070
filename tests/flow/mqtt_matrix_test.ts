/**
 * Z1 for MQTT: every action of `MQTT_POLICIES` × every kind of client, over TCP and over WebSocket, against
 * the whole application. Who adds an action says in `TRIES` how a client does it; without that nothing
 * compiles. Its control: `SABOTAGE=mqtt_policy` lets every role publish.
 */
import { systemActor } from "../../lib/access/audit_row.ts";
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { MQTT_POLICIES } from "../../lib/access/mqtt_rights.ts";
import { type Role, ROLES } from "../../lib/access/identity.ts";
import type { MqttAction } from "../../lib/sources/broker/broker.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

const tester = systemActor("test");
const MACHINE = "hall/press";

interface Asker {
  user?: { username: string; password: string };
  /** Written out again, apart from the code under test. */
  may(action: MqttAction, own: boolean, loopback: boolean): boolean;
}

async function askers({ app }: AppUnderTest): Promise<Record<string, Asker>> {
  const { keys } = app.parts().access;
  const never = () => false;
  const out: Record<string, Asker> = {
    "nobody": {
      // A WebSocket may come through a proxy that hides where from.
      may: (action, _own, loopback) => loopback && action !== "connect_web_socket",
    },
    "garbage": { user: { username: "x", password: "perch_garbage" }, may: never },
  };
  const add = async (name: string, key: Parameters<typeof keys.add>[0], may: Asker["may"]) => {
    const { key: password, entry } = await keys.add(key, tester);
    out[name] = { user: { username: entry.name, password }, may };
    return entry;
  };
  const policies = structuredClone(MQTT_POLICIES);
  const byRole = (role: Role, scope: string | null): Asker["may"] => (action) => {
    const { least, scope: needed } = policies[action].key;
    return ROLES.indexOf(role) >= ROLES.indexOf(least) &&
      (needed === null || scope === null || needed === scope);
  };
  for (const role of ROLES) await add(`${role} key`, { name: role, role }, byRole(role, null));
  for (const scope of ["read", "ingest", "events", "operate", "manage", "command"] as const) {
    const key = { name: scope, role: "admin" as const, scopes: [scope] };
    await add(`admin key for ${scope}`, key, byRole("admin", scope));
  }
  await add(
    "device key",
    { name: "device", machine: MACHINE },
    (action, own) => policies[action].device === "any" || own,
  );
  const gone = await add("removed key", { name: "gone", role: "admin" }, never);
  await keys.remove(gone.id, tester);
  const short = { name: "short", role: "admin" as const, expiresMs: Date.now() + 50 };
  await add("expired key", short, never);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const other = out["engineer key"].user!;
  out["key of another name"] = {
    user: { username: "admin", password: other.password },
    may: never,
  };
  return out;
}

/** A way in: a client of ours, by TCP on this host or by WebSocket through a proxy from elsewhere. */
interface Way {
  action: "connect" | "connect_web_socket";
  loopback: boolean;
  connect(options?: IClientOptions): Promise<MqttClient>;
}

function waysOf(under: AppUnderTest, user: Asker["user"]): Way[] {
  const options: IClientOptions = { protocolVersion: 4, reconnectPeriod: 0, ...user };
  const port = under.app.parts().broker!.port();
  const socket = `${under.url.replace("http", "ws")}/mqtt`;
  const wsOptions = { headers: { "x-forwarded-for": "192.168.1.7" } };
  return [
    {
      action: "connect",
      loopback: true,
      connect: (more) => connectAsync(`mqtt://127.0.0.1:${port}`, { ...options, ...more }),
    },
    {
      action: "connect_web_socket",
      loopback: false,
      connect: (more) => connectAsync(socket, { ...options, wsOptions, ...more }),
    },
  ];
}

type Try = (way: Way, topic: string, stored: (topic: string) => boolean) => Promise<boolean>;

/** True when the client is there and `act` succeeds before the broker ends the connection. */
async function connected(
  way: Way,
  act: (client: MqttClient) => Promise<unknown>,
): Promise<boolean> {
  const client = await way.connect().catch(() => null);
  if (client === null) return false;
  const closed = new Promise<false>((resolve) => client.once("close", () => resolve(false)));
  client.on("error", () => {});
  try {
    const done = act(client).then(() => true, () => false);
    return await Promise.race([done, closed]);
  } finally {
    await client.endAsync(true);
  }
}

const publishing = (retain: boolean): Try => (way, topic) =>
  connected(way, (client) => client.publishAsync(topic, "1", { qos: 1, retain }));
const entering: Try = (way) => connected(way, () => Promise.resolve());

/** How a client does each action; true when the broker let it. */
const TRIES: Record<MqttAction, Try> = {
  connect: entering,
  connect_web_socket: entering,
  publish: publishing(false),
  retain: publishing(true),
  subscribe: (way, topic) => connected(way, (client) => client.subscribeAsync(topic, { qos: 1 })),
  async will(way, topic, stored) {
    const will = { topic, payload: new TextEncoder().encode("1") as never, qos: 1, retain: false };
    const client = await way.connect({ will: will as IClientOptions["will"] }).catch(() => null);
    if (client === null) return false;
    client.on("error", () => {});
    client.stream.destroy();
    // A will that is refused leaves nothing to wait for; one that is taken is stored within the group.
    for (let i = 0; i < 25 && !stored(topic); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await client.endAsync(true);
    return stored(topic);
  },
};

Deno.test("MQTT: every action × client is allowed or denied as its policy says", async () => {
  const under = await startApp();
  try {
    const all = await askers(under);
    if (sabotaged("mqtt_policy")) {
      (MQTT_POLICIES.publish.key as { least: Role }).least = "viewer";
    }
    const { registry, broker } = under.app.parts();
    const stored = (topic: string) => registry.all().some((s) => topic === `factory/${s.name}`);
    let checked = 0;
    for (const [name, asker] of Object.entries(all)) {
      for (const way of waysOf(under, asker.user)) {
        for (const action of Object.keys(MQTT_POLICIES) as MqttAction[]) {
          if (action.startsWith("connect") && action !== way.action) continue;
          for (const own of [true, false]) {
            const topic = `factory/${own ? MACHINE : "hall/other"}/s${checked}`;
            const expected = asker.may(way.action, own, way.loopback) &&
              asker.may(action, own, way.loopback);
            const what = `${action} of ${topic} by ${name}, ${way.action}`;
            assert.equal(await TRIES[action](way, topic, stored), expected, what);
            const sends = ["publish", "retain", "will"].includes(action);
            if (sends) assert.equal(stored(topic), expected, `${what}: stored`);
            checked++;
          }
        }
      }
    }
    assert.ok(checked >= 200, `${checked} combinations`);
    await eventually(() => / 0 clients /.test(broker!.state().detail), () => "some stayed");
  } finally {
    await under.close();
  }
});

Deno.test("MQTT: a viewer's key may read what an engineer's key retained, and only read", async () => {
  const under = await startApp();
  try {
    const { keys } = under.app.parts().access;
    const open = async (role: Role) => {
      const { key, entry } = await keys.add({ name: role, role }, tester);
      const [way] = waysOf(under, { username: entry.name, password: key });
      return await way.connect();
    };
    const engineer = await open("engineer");
    await engineer.publishAsync("factory/hall/press/t", "7", { qos: 1, retain: true });
    const viewer = await open("viewer");
    const heard: string[] = [];
    viewer.on("message", (_topic, payload) => heard.push(payload.toString()));
    await viewer.subscribeAsync("factory/#", { qos: 1 });
    await eventually(() => heard.length === 1, () => "the retained message did not come");
    assert.deepEqual(heard, ["7"]);
    let closed = false;
    viewer.on("close", () => closed = true);
    viewer.publish("factory/hall/press/t", "8", { qos: 1 });
    await eventually(() => closed, () => "the connection stayed");
    assert.equal(under.app.parts().registry.all()[0].last?.value, 7);
    await engineer.endAsync();
  } finally {
    await under.close();
  }
});

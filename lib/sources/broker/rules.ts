/** Aedes with the rules of Perch: who may sign in, and who may publish and subscribe where. */
import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import { nameId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Bounds } from "./bounds.ts";
import { type BrokerIdentity, type BrokerPeer, type Gate, mayPublish } from "./gate.ts";
import type { BrokerOptions } from "./options.ts";

const BAD_CREDENTIALS = 4, NOT_AUTHORIZED = 5, BAD_CLIENT_ID = 2;

/** Who a client is; null when it is nobody. `credentials` is null when it gave none. */
export type Authenticate = (
  credentials: { user: string; password: string } | null,
  peer: BrokerPeer,
) => BrokerIdentity | null;

export interface RulesDeps {
  log: Log;
  options: Pick<BrokerOptions, "connectTimeoutMs">;
  authenticate: Authenticate;
  /** Limits of sessions; null before the broker has started. */
  bounds: () => Bounds | null;
  /** A client is gone without saying goodbye, and its last will is allowed. */
  onWill(topic: string, payload: Uint8Array): void;
}

/** Creates the MQTT engine; each of its connections is a `Gate`. */
export function createAedes(deps: RulesDeps): Aedes {
  return new Rules(deps).createAedes();
}

class Rules {
  constructor(private readonly deps: RulesDeps) {}

  createAedes(): Aedes {
    const aedes = new Aedes({
      connectTimeout: this.deps.options.connectTimeoutMs,
      maxInflightInbound: 100,
      // The gate passes nothing on before the client is authenticated, so little ever waits there.
      queueLimit: 100,
      // A gate never makes aedes wait.
      drainTimeout: 0,
      maxTopicLevels: 32,
      authenticate: (client, user, password, done) => {
        try {
          this.#authenticate(client, user, password);
          done(null, true);
        } catch (error) {
          done(error as AuthenticateError, false);
        }
      },
      authorizePublish: (client, packet, done) => done(this.#authorizePublish(client, packet)),
      authorizeSubscribe: (client, subscription, done) => {
        const who = gateOf(client).who;
        const may = who !== null && who.may("subscribe", subscription.topic);
        done(null, may ? subscription : null);
      },
    });
    aedes.on("clientDisconnect", (client) => this.deps.bounds()?.left(client.id));
    // A client that takes over its own id: the one before it left after the new one was seen.
    aedes.on("client", (client) => {
      const who = gateOf(client).who;
      if (who !== null) this.deps.bounds()?.seen(client.id, who.name, client.clean);
    });
    (aedes as EventEmitter).on("error", (error) => this.#closed(error as Error));
    aedes.on("connectionError", (_, error) => this.#closed(error));
    aedes.on("clientError", (_, error) => this.#closed(error));
    aedes.on("keepaliveTimeout", () => {});
    // Topics that begin with $ are the broker's own: acknowledged, refused by the intake, given to nobody.
    const publish = aedes.publish.bind(aedes) as (...args: unknown[]) => void;
    aedes.publish = ((packet: { topic: string }, client: unknown, done?: () => void) => {
      if (typeof client === "object" && client !== null && packet.topic.startsWith("$")) done?.();
      else publish(packet, client, done);
    }) as typeof aedes.publish;
    return aedes;
  }

  #closed(error: Error): void {
    this.deps.log.debug("a client was disconnected", { reason: error.message });
  }

  #authenticate(client: Client, user?: string, password?: Readonly<Buffer>): void {
    const gate = gateOf(client);
    const { address, by } = gate.peer;
    if (gate.namelessSession) {
      throw refusal(BAD_CLIENT_ID, "a session that is kept needs a client id");
    }
    const credentials = user === undefined ? null : { user, password: password?.toString() ?? "" };
    const who = this.deps.authenticate(credentials, gate.peer);
    if (who === null || !who.may(by, "")) {
      const code = user === undefined ? NOT_AUTHORIZED : BAD_CREDENTIALS;
      this.deps.log.info("the broker refused a client", { address, user });
      throw refusal(code, "bad user name or password");
    }
    if (!this.deps.bounds()!.seen(client.id, who.name, client.clean)) {
      throw refusal(BAD_CLIENT_ID, "the client id belongs to another user");
    }
    gate.accepted(who, nameId(`broker/${client.id}`));
  }

  /** Messages passed the gate before; only a last will comes here first. */
  #authorizePublish(
    client: Client | null,
    packet: { topic: string; payload: string | Uint8Array; retain: boolean },
  ): Error | null {
    if (client === null) return new Error("nobody publishes this");
    if ((client as unknown as { will: unknown }).will !== packet) return null;
    const who = gateOf(client).who;
    const { topic, retain } = packet;
    const may = who !== null && !topic.startsWith("$") && who.may("will", topic) &&
      mayPublish(who, topic, retain);
    if (!may) {
      return new Error("the last will is on a topic that is not the client's");
    }
    const payload = typeof packet.payload === "string"
      ? new TextEncoder().encode(packet.payload)
      : packet.payload;
    this.deps.onWill(topic, payload);
    return null;
  }
}

function gateOf(client: Client): Gate {
  return client.conn as unknown as Gate;
}

function refusal(returnCode: number, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode });
}

import { createHmac } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { parseFields } from "../base/field_words.ts";
import { randomId } from "../base/ids.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./audit_row.ts";
import type { Identity, Role } from "./identity.ts";
import { ROLES } from "./identity.ts";
import type { AccessKey, KeyStore } from "./key_store.ts";
import { SCOPES } from "./policy.ts";
import type { Scope } from "./policy.ts";
import type { Pending } from "./sessions.ts";
import { hashOf, randomSecret } from "./secrets.ts";
import { nameSchema } from "./text.ts";

/** How every key begins, so that a leaked one is recognised. */
export const KEY_PREFIX = "perch_";
const MOST_KEYS = 10_000;
const HINT_LENGTH = KEY_PREFIX.length + 6;

export interface NewKey {
  name: string;
  role?: Role;
  scopes?: readonly string[];
  /** Epoch ms. */
  expiresMs?: number;
  /** `<area…>/<machine>`: makes it a device key, limited to this machine's topics and readings. */
  machine?: string;
}

/** API keys and device keys. All live ones are kept in memory by the SHA-256 of the key. */
export interface Keys {
  load(): Promise<void>;
  list(): AccessKey[];
  /** The key itself is in this answer and nowhere else. @throws `validation`, `conflict` (name taken) */
  add(key: NewKey, actor: Actor): Promise<{ key: string; entry: AccessKey }>;
  /** Takes effect at once; streams opened with it end. @throws `not_found` */
  remove(id: string, actor: Actor): Promise<void>;
  /** Who presents this key; null when it is none, expired or removed. */
  identify(key: string): Identity | null;
  /** MQTT: `user` is the key's name or id, `password` the key. */
  identifyMqtt(user: string, password: string): Identity | null;
  /**
   * HMAC-SHA256 of `message` under the SHA-256 (hex) of a live key, in hex: shows a client which holds the key
   * that this Perch knows it, without the key being sent. Null when there is no such key (name or id).
   */
  prove(nameOrId: string, message: string): string | null;
  /** Last-used times not yet written. */
  pending(): Pending;
}

const machineSchema = z.string().max(200).regex(
  /^[^/+#\s$][^/+#]*(\/[^/+#]+)*$/,
  "a path of names separated by /, without + and #",
);
const newKeySchema = z.object({
  name: nameSchema(80),
  role: z.enum(ROLES).optional(),
  scopes: z.array(z.enum(SCOPES)).max(SCOPES.length).optional(),
  expiresMs: z.number().int().positive().optional(),
  machine: machineSchema.optional(),
});

export function createKeys(
  deps: {
    db: Database;
    store: KeyStore;
    clock: Clock;
    audit: Audit;
    onEnded: (keyId: string) => void;
  },
): Keys {
  const { db, store, clock, audit } = deps;
  const byHash = new Map<string, AccessKey>();
  const usedMs = new Map<string, number>();
  const oneAtATime = createTurns();

  function parse(input: NewKey): AccessKey {
    const { name, role, scopes, expiresMs, machine } = parseFields(newKeySchema, input);
    if (expiresMs !== undefined && expiresMs <= clock.now()) {
      throw wrong("expires", "is in the past");
    }
    if (machine === undefined && role === undefined) throw wrong("role", "is missing");
    if (machine !== undefined && scopes !== undefined) {
      throw wrong("scopes", "a device key has none: it may send its machine's readings");
    }
    return {
      id: randomId(),
      name,
      kind: machine === undefined ? "api" : "device",
      hint: "",
      role: machine === undefined ? role! : "viewer",
      scopes: scopes === undefined ? null : [...scopes] as Scope[],
      machine: machine ?? null,
      createdMs: clock.now(),
      createdBy: "",
      expiresMs: expiresMs ?? null,
      lastUsedMs: null,
    };
  }

  function identify(key: string): Identity | null {
    if (!key.startsWith(KEY_PREFIX) || key.length > 200) return null;
    const entry = byHash.get(hashOf(key));
    const nowMs = clock.now();
    if (!entry || (entry.expiresMs !== null && entry.expiresMs <= nowMs)) return null;
    entry.lastUsedMs = nowMs;
    usedMs.set(entry.id, nowMs);
    return {
      kind: entry.kind === "device" ? "device" : "key",
      id: entry.id,
      name: entry.name,
      role: entry.role,
      scopes: entry.scopes,
      machine: entry.machine,
      via: "key",
      ...(entry.expiresMs === null ? {} : { expiresMs: entry.expiresMs }),
    };
  }

  return {
    async load() {
      byHash.clear();
      for (const { hash, ...key } of await store.all()) byHash.set(hash, key);
    },
    list: () => [...byHash.values()],
    add: (input, actor) =>
      oneAtATime(async () => {
        const key = KEY_PREFIX + randomSecret();
        const entry = { ...parse(input), hint: key.slice(0, HINT_LENGTH), createdBy: actor.name };
        const taken = [...byHash.values()].find((other) => other.name === entry.name);
        if (taken) {
          const message =
            `there is a key named "${entry.name}" already, added by ${taken.createdBy}`;
          throw new PerchError("conflict", message, {
            errors: [{ path: "name", message: "is taken" }],
            about: [`key:${taken.id}`],
          });
        }
        if (byHash.size >= MOST_KEYS) {
          throw new PerchError("conflict", `more than ${MOST_KEYS} keys are not possible`);
        }
        const hash = hashOf(key);
        await db.write([
          store.insert(entry, hash),
          audit.statement({
            actor,
            action: "key.add",
            resource: `key:${entry.id}`,
            after: shown(entry),
          }),
        ]);
        byHash.set(hash, entry);
        return { key, entry };
      }),
    remove: (id, actor) =>
      oneAtATime(async () => {
        const found = [...byHash].find(([, key]) => key.id === id);
        if (!found) throw new PerchError("not_found", "no such key", { about: [`key:${id}`] });
        await db.write([
          store.remove(id),
          audit.statement({
            actor,
            action: "key.remove",
            resource: `key:${id}`,
            before: shown(found[1]),
          }),
        ]);
        byHash.delete(found[0]);
        usedMs.delete(id);
        deps.onEnded(id);
      }),
    identify,
    identifyMqtt(user, password) {
      const who = identify(password);
      if (who === null || (user !== who.name && user !== who.id)) return null;
      return { ...who, via: "mqtt" };
    },
    prove(nameOrId, message) {
      const nowMs = clock.now();
      for (const [hash, key] of byHash) {
        if (key.name !== nameOrId && key.id !== nameOrId) continue;
        if (key.expiresMs !== null && key.expiresMs <= nowMs) return null;
        return createHmac("sha256", hash).update(message).digest("hex");
      }
      return null;
    },
    pending() {
      const written = [...usedMs];
      return {
        statements: written.map(([id, ms]) => store.used(id, ms)),
        done() {
          for (const [id, ms] of written) if (usedMs.get(id) === ms) usedMs.delete(id);
        },
      };
    },
  };
}

function wrong(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}

function shown(key: AccessKey) {
  const { name, kind, role, scopes, machine, expiresMs } = key;
  return { name, kind, role, scopes, machine, expiresMs };
}

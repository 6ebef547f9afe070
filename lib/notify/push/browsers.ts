/** The browsers that people told to show notices. */
import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import { randomId } from "../../base/ids.ts";
import { createTurns } from "../../base/turns.ts";
import type { Database } from "../../db/client.ts";
import type { PushSubscriptionRow } from "../../db/schema/pages.ts";
import type { Audited } from "../../events/audit_change.ts";
import { areKeys, type BrowserKeys } from "./encrypt.ts";
import { createPushStore } from "./push_store.ts";
import type { Vapid } from "./vapid.ts";

export type PushBrowser = PushSubscriptionRow;

/** What the channel `push` sends to. */
export interface PushDesk {
  /**
   * Of a message's recipients: addresses of people, or `browser:ID`; none: everybody's. Those of people who are not
   * active are left out, and those whose role may not read what it is about: `types` of events.
   */
  browsersOf(to: readonly string[], types?: readonly string[]): Promise<PushBrowser[]>;
  /** The push service took a message for it. */
  used(id: string): Promise<void>;
  /** The push service says that it is gone. */
  gone(id: string): Promise<void>;
  vapid(): Promise<Vapid>;
}

/** And what people do with their own. */
export interface PushBrowsers extends PushDesk {
  of(userId: string): Promise<PushBrowser[]>;
  /** @throws PerchError `validation`, `conflict` when a person has too many */
  add(given: NewBrowser, audited: Audited): Promise<PushBrowser>;
  /** @throws PerchError `not_found` when this person has none by that id */
  remove(userId: string, id: string, audited: Audited): Promise<void>;
}

export interface NewBrowser {
  userId: string;
  /** The sign-in that it ends with. */
  sessionId: string;
  endpoint: string;
  keys: BrowserKeys;
  /** What it calls itself: `Firefox on Android`. */
  agent: string;
}

export interface PushBrowserDeps {
  db: Database;
  clock: Pick<Clock, "now">;
  vapid(): Promise<Vapid>;
  person(id: string): { email: string; active: boolean; reads(type: string): boolean } | null;
  /** @throws PerchError `validation` when it may not be connected to */
  check(endpoint: string): Promise<void>;
}

const MOST_OF_ONE = 20;
export const BROWSER = "browser:";

export function createPushBrowsers(deps: PushBrowserDeps): PushBrowsers {
  const { db, clock } = deps;
  const store = createPushStore(db);
  const oneAtATime = createTurns();
  return {
    vapid: deps.vapid,
    async browsersOf(to, types = []) {
      const wanted = new Set(to);
      const every = await store.all();
      return every.filter(({ id, userId }) => {
        const person = deps.person(userId);
        if (person === null || !person.active || !types.every(person.reads)) return false;
        return to.length === 0 || wanted.has(person.email) || wanted.has(BROWSER + id);
      });
    },
    used: async (id) => void await db.write([store.used(id, clock.now())]),
    gone: async (id) => void await db.write([store.remove(id)]),
    of: store.of,
    async add({ userId, sessionId, endpoint, keys, agent }, audited) {
      const wrong = (path: string, message: string) =>
        new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
      if (!endpoint.startsWith("https:")) throw wrong("endpoint", "has to begin with https://");
      if (!await areKeys(keys)) throw wrong("keys", "are not those of a push subscription");
      await deps.check(endpoint);
      // Counted and added in one go: many at once would all be below the limit.
      return await oneAtATime(async () => {
        const mine = await store.of(userId);
        if (mine.length >= MOST_OF_ONE && mine.every((one) => one.endpoint !== endpoint)) {
          throw new PerchError(
            "conflict",
            `${MOST_OF_ONE} browsers of yours get notices already: remove one first`,
          );
        }
        const row: PushBrowser = {
          ...{ id: randomId(16), userId, sessionId, endpoint, ...keys },
          agent: agent.slice(0, 200),
          createdMs: clock.now(),
          lastUsedMs: null,
        };
        const change = { action: "push.subscribe", resource: `user:${userId}` };
        await db.write([...store.put(row), audited({ ...change, after: { agent: row.agent } })]);
        return row;
      });
    },
    async remove(userId, id, audited) {
      const row = await store.find(id);
      if (row === null || row.userId !== userId) {
        throw new PerchError("not_found", "there is no such browser of yours");
      }
      const change = { action: "push.unsubscribe", resource: `user:${userId}` };
      await db.write([store.remove(id), audited({ ...change, before: { agent: row.agent } })]);
    },
  };
}

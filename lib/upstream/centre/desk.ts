/** Takes the messages of sites that come through a broker, and answers them when all is on disk. */
import { HTTP_STATUS, messageOf, PerchError } from "../../base/errors.ts";
import { parseFields } from "../../base/field_words.ts";
import { randomId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import { createTurnsByKey } from "../../base/turns.ts";
import {
  type Asked,
  askedShape,
  createSealer,
  NO_SESSION,
  type Replied,
  unknownTo,
} from "../sealed.ts";
import { askTopic, replyTopic, siteOfTopic } from "../topics.ts";
import type { Forward, Forwarded } from "../wire.ts";

export interface DeskDeps {
  log: Log;
  /** What is known of a site's key (`secretLabel`), in hex; null: there is no such site, or its key was revoked. */
  secretOf(site: string): string | null;
  forward(site: string, said: Forward): Promise<Forwarded>;
  /** Answers; fails without a connection. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
}

export interface Desk {
  /** A message of the broker. Resolves when it is answered, or passed over. */
  heard(topic: string, payload: Uint8Array): Promise<void>;
}

interface Session {
  token: string;
  /** The question that was answered last, and its answer: it was lost when the question comes again. */
  n: number;
  reply: Uint8Array | null;
}

type Content = Omit<Replied, "session" | "n">;

const INTERNAL = { code: "internal", message: "an internal error: its log says more" } as const;
/** Starts of a site's Perch, while this one runs. The ones that spoke last are kept. */
const SESSIONS_MOST = 16;
/** So many messages under the topic of a site wait: whoever else sends there may not hold up its questions. */
const WAITING_MOST = 16;

export function createDesk({ log, secretOf, forward, publish }: DeskDeps): Desk {
  const sites = new Map<string, Map<string, Session>>();
  /** One message of a site after the other. */
  const turns = createTurnsByKey();

  /** What is answered; null: nothing, it is over. */
  async function answered(site: string, opened: unknown): Promise<Content | null> {
    try {
      const asked = parseFields(askedShape, opened);
      if (asked.message === null) return { status: 200, body: "", token: begin(site, asked) };
      const session = sessionOf(site, asked);
      if (session === null) return { status: NO_SESSION, body: "" };
      // What somebody else recorded, and sends again.
      if (asked.n <= session.n) return null;
      return { status: 200, body: JSON.stringify(await forward(site, asked.message)) };
    } catch (error) {
      if (!(error instanceof PerchError)) log.error("a message of a site failed", { error, site });
      const { code, message } = error instanceof PerchError ? error : INTERNAL;
      return { status: HTTP_STATUS[code], body: JSON.stringify({ detail: message }) };
    }
  }

  /** The token of a session, which begins with its first question. */
  function begin(site: string, { session: id }: Asked): string {
    const sessions = sites.get(site) ?? new Map<string, Session>();
    sites.set(site, sessions);
    const known = sessions.get(id);
    if (known !== undefined) return known.token;
    const begun = { token: randomId(20), n: 0, reply: null };
    sessions.set(id, begun);
    if (sessions.size > SESSIONS_MOST) sessions.delete(sessions.keys().next().value!);
    return begun.token;
  }

  function sessionOf(site: string, { session: id, token }: Asked): Session | null {
    const sessions = sites.get(site);
    const session = sessions?.get(id);
    if (session === undefined || session.token !== token) return null;
    // The one that spoke last is the last to be forgotten.
    sessions!.delete(id);
    sessions!.set(id, session);
    return session;
  }

  async function take(site: string, payload: Uint8Array): Promise<Uint8Array | null> {
    const secret = secretOf(site);
    const opened = secret === null
      ? null
      : await (await createSealer(secret, askTopic(site))).open(payload);
    if (secret === null || opened === null) return unknownTo(payload);
    const { session: id, n } = opened as Pick<Asked, "session" | "n">;
    const before = sites.get(site)?.get(id);
    if (before?.n === n && before.reply !== null) return before.reply;
    const content = await answered(site, opened);
    if (content === null) return null;
    const sealer = await createSealer(secret, replyTopic(site));
    const reply = await sealer.seal({ ...content, session: String(id), n: Number(n) });
    const session = sites.get(site)?.get(id);
    if (session !== undefined && n > session.n) Object.assign(session, { n, reply });
    return reply;
  }

  return {
    async heard(topic, payload) {
      const site = siteOfTopic(topic);
      // What a site does not get an answer to comes again.
      if (site === null || turns.count(site) >= WAITING_MOST) return;
      try {
        await turns.take(site, async () => {
          const reply = await take(site, payload);
          if (reply !== null) await publish(replyTopic(site), reply);
        });
      } catch (error) {
        log.debug("a site was not answered", { site, error: messageOf(error) });
      }
    },
  };
}

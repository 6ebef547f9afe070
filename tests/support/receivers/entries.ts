/** For every kind of channel: a far side that speaks its protocol, and options that lead there. */
import { newWebhookSecret } from "../../../lib/notify/channels/webhook_signature.ts";
import * as chat from "./chat.ts";
import { type Mood, type Protocol, type Receiver, startReceiver } from "./http.ts";
import { type SmtpMood, startSmtp } from "./smtp.ts";
import { TWILIO, TWILIO_NUMBERS, twilioApi } from "./twilio.ts";

export interface FarSide {
  readonly port: number;
  mood: Mood;
  /** How many messages it took. */
  accepted(): number;
  /** How many requests or sessions it saw. */
  seen(): number;
  close(): Promise<void>;
}

export interface Tls {
  cert: string;
  key: string;
}

/** How a kind of channel is tried out. */
export interface Entry {
  kind: string;
  start(tls?: Tls): Promise<FarSide>;
  /** Options that lead to `host:port`. */
  options(host: string, port: number, tls: boolean): Record<string, unknown>;
  /** Moods that its protocol does not know. */
  without?: readonly Mood[];
}

function overHttp(
  kind: string,
  protocol: Protocol,
  options: (url: string) => Record<string, unknown>,
): Entry {
  return {
    kind,
    start: (tls) => Promise.resolve(farSide(startReceiver(protocol, { tls }))),
    options: (host, port, tls) => options(`${tls ? "https" : "http"}://${host}:${port}`),
    without: protocol.lie === null ? ["lying"] : [],
  };
}

function farSide(receiver: Receiver): FarSide {
  return {
    port: receiver.port,
    get mood() {
      return receiver.mood;
    },
    set mood(mood) {
      receiver.mood = mood;
    },
    accepted: () => receiver.accepted.length,
    seen: () => receiver.received.length,
    close: () => receiver.close(),
  };
}

const overSmtp: Entry = {
  kind: "email",
  async start(tls) {
    const receiver = await startSmtp({ tls });
    return {
      port: receiver.port,
      get mood() {
        return receiver.mood as Mood;
      },
      set mood(mood) {
        receiver.mood = mood as SmtpMood;
      },
      accepted: () => receiver.mails.length,
      seen: () => receiver.sessions,
      close: () => receiver.close(),
    };
  },
  options: (server, port, tls) => ({
    service: "custom",
    server,
    port,
    security: tls ? "starttls" : "none",
    from: "perch@example.com",
    to: ["ada@example.com"],
  }),
  without: ["lying", "gone", "redirecting", "huge"],
};

export const ENTRIES: readonly Entry[] = [
  overSmtp,
  overHttp("webhook", chat.anyHook, (url) => ({ url: `${url}/hook`, secret: newWebhookSecret() })),
  overHttp("slack", chat.slackHook, (url) => ({ url: `${url}/services/T0/B0/canary-slack` })),
  overHttp("ntfy", chat.ntfyServer, (server) => ({ server, topic: "secret", token: "tk_good" })),
  overHttp("telegram", chat.telegramApi, (server) => ({
    server,
    token: chat.TELEGRAM_TOKEN,
    chat: "42",
  })),
  overHttp("discord", chat.discordHook, (url) => ({ url: `${url}/api/webhooks/1/token` })),
  overHttp("teams", chat.teamsHook, (url) => ({ url: `${url}/workflows/canary-teams` })),
  overHttp("gotify", chat.gotifyServer, (server) => ({ server, token: "Agood" })),
  overHttp("sms", twilioApi, (server) => ({
    server,
    ...TWILIO,
    from: "+15005550006",
    to: TWILIO_NUMBERS.good,
  })),
];

import type { Channel } from "../channel.ts";
import { discord } from "./discord.ts";
import { email } from "./email.ts";
import { gotify } from "./gotify.ts";
import { mqtt } from "./mqtt.ts";
import { ntfy } from "./ntfy.ts";
import { push } from "./push.ts";
import { slack } from "./slack.ts";
import { sms } from "./sms.ts";
import { teams } from "./teams.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";

/** Every kind of channel, in the order in which they are offered. */
export const CHANNELS: readonly Channel[] = [
  email,
  push,
  webhook,
  slack,
  ntfy,
  telegram,
  discord,
  teams,
  gotify,
  sms,
  mqtt,
];

/** The kind of this name; undefined when there is none. */
export function channelOf(kind: string): Channel | undefined {
  return CHANNELS.find((channel) => channel.kind === kind);
}

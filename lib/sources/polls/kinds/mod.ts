import { certificate } from "./certificate.ts";
import { dns } from "./dns.ts";
import { heartbeat } from "./heartbeat.ts";
import { http } from "./http.ts";
import type { PollKind } from "./kind.ts";
import { modbus } from "./modbus.ts";
import { ping } from "./ping.ts";
import { prometheus } from "./prometheus.ts";
import { tcp } from "./tcp.ts";

/** Every kind of poll; the order is that of the form. */
export const POLL_KINDS: readonly PollKind[] = [
  http,
  tcp,
  ping,
  dns,
  certificate,
  modbus,
  prometheus,
  heartbeat,
];

export function kindOf(name: string): PollKind | null {
  return POLL_KINDS.find(({ kind }) => kind === name) ?? null;
}

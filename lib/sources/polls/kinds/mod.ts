import { heartbeat } from "./heartbeat.ts";
import type { PollKind } from "./kind.ts";
import { modbus } from "./modbus.ts";
import { tcp } from "./tcp.ts";

/** Every kind of poll; the order is that of the form. */
export const POLL_KINDS: readonly PollKind[] = [
  tcp,
  modbus,
  heartbeat,
];

export function kindOf(name: string): PollKind | null {
  return POLL_KINDS.find(({ kind }) => kind === name) ?? null;
}

import { withUnit } from "./numbers.ts";
/** What became of an order to a device, and how that is said to people. Pure. */

/**
 * `sent`: it may have reached the device, whose state does not show it yet. `failed`: it was not sent.
 * `refused`: an interlock did not let it.
 */
export const COMMAND_STATES = ["sent", "confirmed", "unconfirmed", "refused", "failed"] as const;
export type CommandState = typeof COMMAND_STATES[number];

/** How a command that is done ended, or what is waited for. */
export const COMMAND_WORDS: Readonly<Record<CommandState, string>> = {
  sent: "waiting for the device",
  confirmed: "confirmed",
  unconfirmed: "not confirmed",
  refused: "refused",
  failed: "not sent",
};

/** What was ordered, or what is shown: "on", "21.5 °C". */
export function orderText(
  { kind }: { kind: "switch" | "number" | "select" | "button" },
  value: unknown,
  unit?: string | null,
): string {
  if (kind === "button") return "press";
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" ? withUnit(String(value), unit) : String(value);
}

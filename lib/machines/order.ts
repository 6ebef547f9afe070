/** What can be told to a device. Dialects announce it, lib/commands gives the orders. */
import { z } from "zod";

/** How something of a device is set: as the device announced it, or as a person set it up. */
export const orderSpecShape = z.object({
  kind: z.enum(["switch", "number", "select", "button"]),
  /** Of a number: what the device takes. */
  min: z.number().optional(),
  max: z.number().optional(),
  step: z.number().positive().optional(),
  /** Of a select. */
  options: z.array(z.string()).optional(),
  /** Which dialect makes the message, and what it needs to make it: its own. */
  way: z.object({ dialect: z.string(), to: z.record(z.string(), z.unknown()) }),
});
export type OrderSpec = z.output<typeof orderSpecShape>;

/** What is ordered: on or off, a number, an option; true for a button. */
export type OrderValue = number | boolean | string;

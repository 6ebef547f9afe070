/** Hardware on the wire. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { type HardwareDriver, inputSettingsShape } from "./driver.ts";
import type { HardwareInput } from "./input.ts";
import type { Looked, Seen } from "./looking.ts";
import type { Rounds } from "./rounds.ts";
import { INPUT_STATES } from "./status.ts";

export const hardwareInputShape = z.object({
  id: z.string().describe("what the bus knows it by"),
  driver: z.string(),
  device: z.string().nullable().describe("null: it is not there now"),
  title: z.string().nullable(),
  sensor: z.string().describe("path of its sensor"),
  settings: inputSettingsShape,
  counts: z.boolean().describe("it counts pulses"),
  state: z.enum(INPUT_STATES),
  text: z.string().describe("what is wrong, and what to do"),
  value: z.number().nullable(),
  unit: z.string().nullable(),
  at_ms: msField.nullable(),
  since_ms: msField,
  refused: z.number().describe("values since the start that could not be so"),
}).meta({ id: "HardwareInput" });
export type HardwareInputJson = z.output<typeof hardwareInputShape>;

export const hardwareChannelShape = z.object({
  id: z.string(),
  driver: z.string(),
  device: z.string(),
  title: z.string(),
  unit: z.string().nullable(),
  counts: z.boolean().describe("it counts pulses"),
  sensor: z.string().describe("how its sensor may be called"),
  added: z.boolean(),
  value: z.number().nullable(),
  at_ms: msField.nullable(),
  fault: z.string().nullable().describe("why there is no value"),
}).meta({ id: "HardwareChannel" });
export type HardwareChannelJson = z.output<typeof hardwareChannelShape>;

export const hardwareShape = z.object({
  inputs: z.array(hardwareInputShape),
  channels: z.array(hardwareChannelShape).describe("what the latest look found"),
  drivers: z.array(
    z.object({ name: z.string(), title: z.string(), help: z.string(), found: z.number() })
      .meta({ id: "HardwareDriver" }),
  ),
  notes: z.array(z.string()).describe("what stands in the way"),
  looking: z.object({ read: z.number(), of: z.number() }).nullable()
    .describe("null: the look is over"),
  looked_ms: msField.nullable(),
}).meta({ id: "Hardware" });
export type HardwareJson = z.output<typeof hardwareShape>;

export function inputJson(
  input: HardwareInput,
  { sensor, unit, rounds, nowMs }: {
    sensor: string;
    /** Of its sensor: while it is not there, its values had this. */
    unit: string | null;
    rounds: Pick<Rounds, "statusOf" | "channelOf">;
    nowMs: number;
  },
): HardwareInputJson {
  const status = rounds.statusOf(input.id);
  const channel = rounds.channelOf(input.id);
  const counts = channel?.counts === true || input.counter !== null;
  return {
    id: input.id,
    driver: input.driver,
    device: channel?.device ?? null,
    title: channel?.title ?? null,
    sensor,
    settings: input.settings,
    counts,
    state: status?.state ?? "waiting",
    text: status?.text ?? "",
    value: status?.value ?? null,
    unit: counts ? input.settings.unit || null : channel?.unit ?? unit,
    at_ms: status?.atMs ?? null,
    since_ms: status?.sinceMs ?? nowMs,
    refused: status?.refused ?? 0,
  };
}

export function channelJson(
  { channel, measured, atMs }: Seen,
  machine: string,
  input: HardwareInputJson | undefined,
): HardwareChannelJson {
  const { id, driver, device, title, unit, name } = channel;
  const value = measured !== null && "value" in measured ? measured.value : null;
  return {
    ...{ id, driver, device, title, unit },
    counts: channel.counts === true,
    sensor: `${machine}/${name}`,
    added: input !== undefined,
    value: input?.value ?? value,
    at_ms: input?.at_ms ?? atMs,
    fault: input?.text || (measured !== null && "fault" in measured ? measured.fault.text : null),
  };
}

export function hardwareJson(
  { seen, notes, endedMs, isLooking }: Looked,
  { inputs, drivers, machine }: {
    inputs: readonly HardwareInputJson[];
    drivers: readonly HardwareDriver[];
    machine: string;
  },
): HardwareJson {
  const added = new Map(inputs.map((input) => [input.id, input]));
  const channels = seen.map((one) => channelJson(one, machine, added.get(one.channel.id)));
  const read =
    seen.filter(({ channel, measured }) =>
      measured !== null || channel.quiet === true || added.has(channel.id)
    ).length;
  return {
    inputs: [...inputs],
    channels,
    drivers: drivers.map(({ name, title, help }) => ({
      ...{ name, title, help },
      found: channels.filter(({ driver }) => driver === name).length,
    })),
    notes: [...notes],
    looking: isLooking ? { read, of: seen.length } : null,
    looked_ms: endedMs,
  };
}

import { z } from "zod";
import { defineKind, optionFault } from "./define.ts";
import { hostField, portField } from "./fields.ts";
import type { PollDeps } from "./kind.ts";
import { EXAMPLE_MAP, readRegisterMap } from "./modbus/register_map.ts";
import { openModbus } from "./modbus/session.ts";

const MAP_CHARS_MOST = 60_000;

const options = z.strictObject({
  host: hostField("Such as 192.168.1.30"),
  port: portField(502),
  unit: z.int().min(0).max(255).default(1).meta({
    title: "Unit",
    description: "Number of the device behind a gateway, 0 to 255; most devices take 1",
  }),
  first_address: z.enum(["0", "1"]).default("0").meta({
    title: "First address",
    description: "What the manual calls the first register. Addresses such as 40013 count from 1",
  }),
  registers: z.string().trim().min(1).max(MAP_CHARS_MOST).meta({
    title: "Register map",
    format: "lines",
    examples: [EXAMPLE_MAP],
    description:
      "A table: name, address, and where needed area (holding, input, coil, discrete), type (bool, " +
      "int16, uint16, int32, uint32, int64, uint64, float32, float64, text), order (big, " +
      "little_swapped, big_swapped, little), bit, words, scale, offset, unit, none",
  }),
  pause_ms: z.int().min(0).max(5_000).default(0).meta({
    title: "Pause between requests (ms)",
    description: "For devices that cannot follow; 0 to 5000",
  }),
}).superRefine(({ registers, first_address }, context) => {
  const read = readRegisterMap(registers, Number(first_address) as 0 | 1);
  if ("fault" in read) {
    context.addIssue({ code: "custom", path: ["registers"], message: read.fault });
  }
});

type Options = z.output<typeof options>;

/** Registers and coils of a device that speaks Modbus TCP. */
export const modbus = defineKind({
  kind: "modbus",
  title: "Modbus TCP",
  about: "Reads registers and coils of a meter, a drive, an inverter or a controller.",
  everyS: 10,
  options,
  target: ({ host, port }) => ({ host, port }),
  open: (given, deps) => open(given, deps),
});

function open({ host, port, unit, first_address, registers, pause_ms }: Options, deps: PollDeps) {
  const map = readRegisterMap(registers, Number(first_address) as 0 | 1);
  if ("fault" in map) throw optionFault("registers", map.fault);
  return openModbus({ host, port, unit, pauseMs: pause_ms, registers: map.registers }, deps);
}

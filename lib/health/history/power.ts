/** The conditions of a Pi's supply: what changed, and in which words. Pure. */
import type { EventDraft, LoggedEvent } from "../../events/event.ts";
import type { HostPower, HostSample } from "../host_sample.ts";

type Bit = keyof Omit<HostPower, "sinceBoot">;

export interface PowerBit {
  bit: Bit;
  /** Last level of its sensor's name. */
  name: string;
  title: string;
  /** A sentence without a final stop: while it holds, once it is over, and when it was so since the boot. */
  now: string;
  over: string;
  sinceBoot: string;
}

export const POWER_BITS: readonly PowerBit[] = [
  {
    bit: "underVoltage",
    name: "under_voltage",
    title: "Under-voltage",
    now: "the supply of this host gives less than 4.63 V; it may stop or damage its card. " +
      "Use its maker's power supply and a short cable",
    over: "the supply of this host gives enough voltage again",
    sinceBoot: "the supply of this host gave too little voltage at some time since its boot",
  },
  {
    bit: "throttled",
    name: "throttled",
    title: "Throttled",
    now: "the processor of this host is throttled: it is too hot or its supply is too weak",
    over: "the processor of this host is not throttled any more",
    sinceBoot: "the processor of this host was throttled at some time since its boot",
  },
  {
    bit: "frequencyCapped",
    name: "frequency_capped",
    title: "Frequency capped",
    now:
      "the frequency of this host's processor is capped: its supply is too weak or it is too hot",
    over: "the frequency of this host's processor is not capped any more",
    sinceBoot: "the frequency of this host's processor was capped at some time since its boot",
  },
  {
    bit: "softTemperatureLimit",
    name: "soft_temperature_limit",
    title: "Soft temperature limit",
    now: "the processor of this host is so hot that it is slowed down",
    over: "the processor of this host has cooled down",
    sinceBoot: "the processor of this host was slowed down by heat at some time since its boot",
  },
];

/** What is true now, in words; null: nothing, or not measured. */
export function powerTrouble(power: HostPower | null): string | null {
  const wrong = POWER_BITS.filter(({ bit }) => power?.[bit] === true);
  return wrong.length === 0 ? null : wrong.map(({ now }) => now).join("; ");
}

/** What happened to a condition. */
type PowerState = "now" | "over" | "since_boot";

/** What is known of the bits; it goes on from sample to sample. */
export interface PowerMemory {
  now: Map<string, boolean>;
  /** Of which boot `reported` is. */
  bootId: string | null;
  /** Conditions that were reported of this boot. */
  reported: Set<string>;
}

/**
 * What earlier runs reported of this boot, so that it is not reported again. `logged`: the latest events of
 * `host.power`, newest first.
 */
export function powerMemory(
  bootId: string | null,
  logged: readonly Pick<LoggedEvent, "body">[],
): PowerMemory {
  const memory: PowerMemory = { now: new Map(), bootId, reported: new Set() };
  for (const { body } of logged) {
    const { condition, state, boot } = (body ?? {}) as Record<string, unknown>;
    if (bootId === null || boot !== bootId || typeof condition !== "string") continue;
    memory.reported.add(condition);
    if (state !== "since_boot" && !memory.now.has(condition)) {
      memory.now.set(condition, state === "now");
    }
  }
  return memory;
}

/**
 * Events of what changed since the sample before; `memory` takes it over. A bit that is not measured says nothing.
 * What was so since the boot is reported once for each boot, and not when it was reported while it was so.
 */
export function powerEvents(
  memory: PowerMemory,
  { power, bootId, atMs }: Pick<HostSample, "power" | "bootId" | "atMs">,
): EventDraft[] {
  if (power === null) return [];
  const drafts: EventDraft[] = [];
  const add = ({ name }: PowerBit, state: PowerState, text: string) => {
    memory.reported.add(name);
    drafts.push({
      type: "host.power",
      subject: "host",
      severity: state === "now" ? "warning" : "info",
      tMs: atMs,
      text,
      actor: null,
      body: { condition: name, state, boot: bootId },
      route: false,
    });
  };
  if (memory.bootId !== bootId) {
    memory.bootId = bootId;
    memory.reported.clear();
  }
  for (const one of POWER_BITS) {
    const isNow = power[one.bit];
    const wasSo = memory.now.get(one.name) ?? false;
    if (isNow !== null) memory.now.set(one.name, isNow);
    if (isNow === true && !wasSo) add(one, "now", one.now);
    if (isNow === false && wasSo) add(one, "over", one.over);
    if (power.sinceBoot[one.bit] === true && !memory.reported.has(one.name)) {
      add(one, "since_boot", one.sinceBoot);
    }
  }
  return drafts;
}

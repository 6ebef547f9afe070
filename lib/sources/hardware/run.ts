/** An input that is being read, and where its counter stands. */
import type { Before, Channel, CounterState, Measured, Reader } from "./driver.ts";
import type { HardwareInput } from "./input.ts";
import { type InputStatus, waiting } from "./status.ts";

export interface Run {
  input: HardwareInput;
  channel: Channel | null;
  reader: Reader | null;
  before: Before;
  status: InputStatus;
  dueMs: number;
  counter: CounterState | null;
  isSaved: boolean;
}

export function newRun(input: HardwareInput, nowMs: number, dueMs: number): Run {
  return {
    ...{ input, channel: null, reader: null, before: null, isSaved: true, dueMs },
    status: waiting(nowMs),
    counter: input.counter,
  };
}

/** Ends what reads it. */
export async function closeRun(run: Run): Promise<void> {
  const { reader } = run;
  run.reader = null;
  if (reader === null) return;
  await reader.close?.();
  // What it counted until now is in its last word.
  if (run.channel?.counts && reader.close !== undefined) {
    const last = await reader.read(null);
    if ("value" in last) keepCounter(run, last);
  }
}

/** Keeps where its counter stands. */
export function keepCounter(run: Run, { state }: Extract<Measured, { value: number }>): void {
  if (state === undefined) return;
  if (JSON.stringify(state) !== JSON.stringify(run.counter)) run.isSaved = false;
  run.counter = state;
}

/** What was stored after the counter was kept last counts: Perch may have been cut off. */
export function adoptedCounter(
  { channel, counter, input }: Run,
  storedTotal: (input: HardwareInput) => number | null,
): CounterState | null {
  // What the kernel counts knows itself what is missing.
  const isOwn = channel?.counts === true && channel.quiet === true;
  const stored = isOwn ? storedTotal(input) : null;
  const total = stored === null ? 0 : Math.round(stored * input.settings.pulses_per_unit);
  return total <= (counter?.total ?? 0) ? counter : { total };
}

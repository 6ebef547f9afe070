/** One round: inputs of a bus that are due, one after the other, and their readings in one commit. */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Draft } from "../../readings/reading.ts";
import type { Measured } from "./driver.ts";
import type { HardwareInput } from "./input.ts";
import { keepCounter, type Run } from "./run.ts";

export interface RoundNeeds {
  clock: Pick<Clock, "monotonic">;
  log: Log;
  sensorOf(input: HardwareInput): string;
  /** Commits readings; gives the reason for each that was refused, by its position. */
  offer(drafts: readonly Draft[]): Promise<Map<number, string>>;
  onBus<T>(bus: string, work: () => Promise<T>): Promise<T>;
  tell(run: Run, measured: Measured): void;
  /** It is not where it was. */
  onGone(run: Run): void;
}

/** A value from before says nothing about one of now. */
const BEFORE_MOST_MS = 3_600_000;

export async function readRound(due: readonly Run[], needs: RoundNeeds): Promise<void> {
  const drafts: Draft[] = [];
  const measured: Run[] = [];
  for (const run of due) {
    const draft = await readOne(run, needs);
    if (draft === null) continue;
    drafts.push(draft);
    measured.push(run);
  }
  if (drafts.length === 0) return;
  try {
    for (const [index, why] of await needs.offer(drafts)) {
      const text = `its reading was not taken: ${why}`;
      needs.tell(measured[index], { fault: { kind: "refused", text } });
    }
  } catch (error) {
    needs.log.debug("readings of this host's buses are given up", { error: messageOf(error) });
  }
}

async function readOne(
  run: Run,
  { clock, sensorOf, onBus, tell, onGone }: RoundNeeds,
): Promise<Draft | null> {
  const { reader, channel } = run;
  if (reader === null || channel === null) return null;
  const before = run.before !== null && clock.monotonic() - run.before.tMs < BEFORE_MOST_MS
    ? run.before
    : null;
  const read = await onBus(channel.bus, () => reader.read(before));
  // It was closed meanwhile.
  if (run.reader !== reader) return null;
  tell(run, read);
  if ("fault" in read) {
    if (read.fault.kind === "gone") onGone(run);
    return null;
  }
  keepCounter(run, read);
  run.before = { value: read.value, tMs: clock.monotonic() };
  const unit = channel.counts ? run.input.settings.unit : channel.unit;
  return {
    sensor: sensorOf(run.input),
    value: read.value,
    ...(unit === null || unit === "" ? {} : { unit }),
  };
}

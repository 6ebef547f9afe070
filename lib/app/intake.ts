import { CLOCK_NOTE_MS, type ClockNotes, createClockNotes } from "../intake/clock_notes.ts";
import { loadClockNotes } from "../intake/clock_notes_store.ts";
import { createIntake } from "../intake/create_intake.ts";
import { type DeadLetter, type DeadLetterFile, openDeadLetters } from "../intake/dead_letter.ts";
import type { Decode, Intake } from "../intake/intake.ts";
import type { PoisonWatch } from "../intake/poison.ts";
import { createRejectLog, type RejectLog } from "../intake/rejects.ts";
import { createReplay, type ReplayOutcome } from "../intake/replay.ts";
import { loadRetainedMarks } from "../intake/retained_store.ts";
import type { Registry } from "../machines/registry.ts";
import { createDecode } from "../sources/dialects/mod.ts";
import { decodeHttp } from "../sources/http_bodies.ts";
import type { DeviceParts } from "./devices.ts";
import type { Foundation } from "./foundation.ts";
import { openPoison } from "./poison.ts";

export interface IntakeFiles {
  deadLetters: DeadLetterFile;
  poison: PoisonWatch;
}

export interface IntakeParts {
  intake: Intake;
  rejects: RejectLog;
  clockNotes: ClockNotes;
  replay: (letter: DeadLetter) => Promise<ReplayOutcome>;
}

/** The files of what cannot be stored. They are closed late: everything that was refused is written. */
export function openIntakeFiles({ config, clock, log, events, ending }: Foundation): IntakeFiles {
  const deadLetters = openDeadLetters(
    config.dataDir,
    (error) => log.error("refused messages cannot be written to rejected.jsonl", { error }),
  );
  ending(() => deadLetters.close());
  const poison = openPoison({
    dataDir: config.dataDir,
    clock,
    log: log.child("intake"),
    events,
  });
  ending(() => poison.close());
  return { deadLetters, poison };
}

/** The way of every reading to the disk. It works once something is offered. */
export async function createIntakeParts(
  { intakePause, ...foundation }: Foundation,
  { deadLetters, poison }: IntakeFiles,
  registry: Registry,
  { deviceDecode, keptMessages }: Pick<DeviceParts, "deviceDecode" | "keptMessages">,
): Promise<IntakeParts> {
  const { config, clock, log, storage, storageGuard, checkpoints, refusal, bus, late, ending } =
    foundation;
  const rejects = createRejectLog();
  const clockNotes = createClockNotes(
    await loadClockNotes(storage.db, clock.now() - CLOCK_NOTE_MS),
  );
  const decodePlain = createDecode(config.mqtt.topics);
  const decode: Decode = (topic, payload, retained, tMs) => {
    const decoded = deviceDecode.decode(topic, payload, retained, tMs) ??
      decodePlain(topic, payload);
    if (retained) keptMessages.came(topic, payload, decoded);
    return decoded;
  };
  const intake = await createIntake({
    clock,
    arrival: clock.arrival,
    trustedMs: clock.trustedMs,
    log: log.child("intake"),
    store: storage.readings,
    db: storage.db,
    registry,
    decode,
    rejects,
    deadLetters,
    poison,
    clockNotes,
    retained: await loadRetainedMarks(storage.db),
    publish: (group) => bus.publish("readings", group),
    refusal,
    paused: intakePause.refusal,
    commitIntervalMs: config.intake.commitIntervalMs,
  });
  storageGuard.onWell(() => intake.worksAgain());
  checkpoints.onWell(() => intake.worksAgain());
  intakePause.onResume(() => intake.worksAgain());
  ending(() => intake.close());
  const replay = createReplay({
    intake,
    decode: (topic, payload, tMs) =>
      late.get("codecs").decode(topic, payload, tMs) ?? decode(topic, payload, false, tMs),
    decodeHttp,
  });
  return { intake, rejects, clockNotes, replay };
}

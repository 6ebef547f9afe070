/**
 * DESIGN. States are saved in rounds, a few sensors per write, while detection continues in between: there is
 * no moment at which all of them would have to stand still. So each row says for itself which groups its state
 * has seen. The cursor moves at the end of a round, to where the round began: everything saved is at least
 * that far, and a sensor that appeared meanwhile starts with groups after it.
 */
import type { Database, SqlStatement } from "../../db/client.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { loadStates, putState, type SavedState } from "./state_store.ts";
import type { Watched } from "./watched.ts";

/** The runner's name among the readers of the journal. */
const READER = "detect";
/** Row of the journal clock; sensors count from 1. */
const CLOCK_ROW = 0;
const SENSORS_PER_WRITE = 16;

/** A round of saving on its way. */
export interface Round {
  group: number;
  clock: Uint8Array;
  /** What is still to be saved. */
  left: Watched[];
}

export interface StateSaver {
  /** What was saved last; null before the first round. Holds the journal from then on. */
  load(): Promise<{ group: number; clock: Uint8Array | null; states: SavedState[] }>;
  /** Statements that save the next few states of a round. */
  next(round: Round, done: number): SqlStatement[];
  /** Statements that save these states, which have seen the groups up to `done`. */
  save(watched: readonly Watched[], done: number): SqlStatement[];
  /** Ends a round: the journal before it may go. */
  finish(round: Round): Promise<void>;
}

export function createStateSaver(
  { db, readings }: {
    db: Pick<Database, "query">;
    readings: Pick<ReadingsStore, "cursor" | "moveCursor">;
  },
): StateSaver {
  const save = (watched: readonly Watched[], done: number) =>
    watched.map((one) => {
      one.changed = false;
      return putState({ sensor: one.sensor, group: done, data: one.save() });
    });
  return {
    async load() {
      const group = await readings.cursor(READER);
      if (group === null) {
        await readings.moveCursor(READER, 0, []);
        return { group: 0, clock: null, states: [] };
      }
      const states = await loadStates(db);
      return {
        group,
        clock: states.find((s) => s.sensor === CLOCK_ROW)?.data ?? null,
        states: states.filter((s) => s.sensor !== CLOCK_ROW),
      };
    },
    next: (round, done) =>
      save(round.left.splice(0, SENSORS_PER_WRITE).filter((one) => one.changed), done),
    save,
    finish: ({ group, clock }) =>
      readings.moveCursor(READER, group, [
        putState({ sensor: CLOCK_ROW, group, data: clock }),
      ]),
  };
}

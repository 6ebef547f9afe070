/** Runs one function after the other; a failing one stops no other. */
export function createTurns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(run, run);
    last = result.catch(() => {});
    return result;
  };
}

/** Turns for each key of its own. What nobody waits for any more takes no memory. */
export interface TurnsByKey {
  take<T>(key: string, run: () => Promise<T>): Promise<T>;
  /** How many of a key run or wait. */
  count(key: string): number;
}

export function createTurnsByKey(): TurnsByKey {
  const all = new Map<string, { turn: ReturnType<typeof createTurns>; count: number }>();
  return {
    async take(key, run) {
      const own = all.get(key) ?? { turn: createTurns(), count: 0 };
      all.set(key, own);
      own.count++;
      try {
        return await own.turn(run);
      } finally {
        if (--own.count === 0) all.delete(key);
      }
    },
    count: (key) => all.get(key)?.count ?? 0,
  };
}

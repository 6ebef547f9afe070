/**
 * Calls into the system that may hang and cannot be ended: a broken driver, a network disk that went away. Each
 * occupies a thread while it hangs, so the caller gets null after the deadline, the same call is not made
 * again before it has come back, and only a few may hang at a time.
 */
export interface BoundedCalls {
  /**
   * What `call` gives, or null when it fails, takes longer than the deadline, or must not be made now. Who asks
   * for the same `key` while it runs gets the same answer.
   */
  make<T>(key: string, call: () => Promise<T | null>): Promise<T | null>;
  /** The keys of calls that missed their deadline and have not come back. */
  hanging(): string[];
}

export interface CallBounds {
  deadlineMs: number;
  /** While so many hang, no further call is made. */
  mostHanging: number;
}

export function createBoundedCalls({ deadlineMs, mostHanging }: CallBounds): BoundedCalls {
  const running = new Map<string, Promise<unknown>>();
  const hanging = new Set<string>();

  function start<T>(key: string, call: () => Promise<T | null>): Promise<T | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        hanging.add(key);
        resolve(null);
      }, deadlineMs);
      call().catch(() => null).then((value) => {
        clearTimeout(timer);
        hanging.delete(key);
        running.delete(key);
        resolve(value);
      });
    });
  }

  return {
    make<T>(key: string, call: () => Promise<T | null>) {
      if (hanging.has(key)) return Promise.resolve(null);
      const same = running.get(key);
      if (same !== undefined) return same as Promise<T | null>;
      if (hanging.size >= mostHanging) return Promise.resolve(null);
      const answer = start(key, call);
      running.set(key, answer);
      return answer;
    },
    hanging: () => [...hanging],
  };
}

import type { Identity } from "./identity.ts";

/**
 * Ends open streams when the identity they were opened with is over: signed out, disabled, key removed,
 * token expired. Subjects: `user:<id>`, `session:<id>`, `key:<id>`.
 */
export interface Endings {
  /** Calls `onEnd` once when `who` is over. Returns the function that stops watching. */
  watch(who: Identity, onEnd: () => void): () => void;
  publish(subject: string): void;
  /** Ends those whose time is over; called every few seconds. */
  sweep(nowMs: number): void;
}

interface Watcher {
  subjects: string[];
  expiresMs: number | undefined;
  end: () => void;
}

export function createEndings(): Endings {
  const bySubject = new Map<string, Set<Watcher>>();
  const all = new Set<Watcher>();

  function forget(watcher: Watcher): void {
    all.delete(watcher);
    for (const subject of watcher.subjects) {
      const set = bySubject.get(subject);
      set?.delete(watcher);
      if (set?.size === 0) bySubject.delete(subject);
    }
  }
  function end(watcher: Watcher): void {
    forget(watcher);
    watcher.end();
  }

  return {
    watch(who, onEnd) {
      const subjects = who.kind === "user" ? [`user:${who.id}`] : [`key:${who.id}`];
      if (who.session !== undefined) subjects.push(`session:${who.session}`);
      const watcher: Watcher = { subjects, expiresMs: who.expiresMs, end: onEnd };
      all.add(watcher);
      for (const subject of subjects) {
        const set = bySubject.get(subject) ?? new Set();
        bySubject.set(subject, set);
        set.add(watcher);
      }
      return () => forget(watcher);
    },
    publish(subject) {
      for (const watcher of [...bySubject.get(subject) ?? []]) end(watcher);
    },
    sweep(nowMs) {
      for (const watcher of [...all]) {
        if (watcher.expiresMs !== undefined && watcher.expiresMs <= nowMs) end(watcher);
      }
    },
  };
}

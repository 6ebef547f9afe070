/** Those who listen to one kind of event. */
export interface Listeners<T> {
  /** Gives the function that stops listening. */
  on(listener: (event: T) => void): () => void;
  notify(event: T): void;
}

export function createListeners<T>(): Listeners<T> {
  const all = new Set<(event: T) => void>();
  return {
    on(listener) {
      all.add(listener);
      return () => all.delete(listener);
    },
    notify(event) {
      for (const listener of all) listener(event);
    },
  };
}

/** In-process publish/subscribe with a typed map of topics. Synchronous; a listener's fault stops no other. */
export interface Bus<Topics> {
  publish<K extends keyof Topics>(topic: K, message: Topics[K]): void;
  /** Returns the function that ends the subscription. */
  subscribe<K extends keyof Topics>(topic: K, listener: (message: Topics[K]) => void): () => void;
}

export function createBus<Topics>(onFault: (topic: string, error: unknown) => void): Bus<Topics> {
  const listeners = new Map<keyof Topics, Set<(message: never) => void>>();
  return {
    publish(topic, message) {
      for (const listener of listeners.get(topic) ?? []) {
        try {
          (listener as (m: typeof message) => void)(message);
        } catch (error) {
          onFault(String(topic), error);
        }
      }
    },
    subscribe(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set);
      set.add(listener as (message: never) => void);
      return () => set.delete(listener as (message: never) => void);
    },
  };
}

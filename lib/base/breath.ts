/** So long in one go. */
const TURN_MS = 8;

/** Work on the main loop that can be long. Asked before each step, it lets other work run after `turnMs`. */
export function createBreath(turnMs = TURN_MS): () => Promise<void> | undefined {
  let sinceMs = performance.now();
  return () => {
    if (performance.now() - sinceMs < turnMs) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        sinceMs = performance.now();
        resolve();
      }, 0)
    );
  };
}

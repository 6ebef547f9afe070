/** What `look` gives once it is not null, asked every 50 ms; rejects naming `what` after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  withinMs = 20_000,
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > untilMs) throw new Error(`waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

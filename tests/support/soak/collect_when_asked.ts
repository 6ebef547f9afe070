/** In a worker: collects its garbage when it is asked to (`collect.ts`). */
self.addEventListener("message", (event) => {
  if ((event as MessageEvent).data !== "collect garbage") return;
  event.stopImmediatePropagation();
  (globalThis as unknown as { gc: () => void }).gc();
});

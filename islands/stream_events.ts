/** One connection of a browser to `GET /api/stream`. */

const TYPES = [
  ...["hello", "reset", "reading", "status", "event", "alarm", "ticket", "component", "camera"],
  ...["command", "job", "fault", "anomaly", "prediction", "delivery", "audit"],
];

/** Opens it; `broken` is called once, and not after `close`. */
export function openEvents(
  address: string,
  on: { event(type: string, id: string, data: string): void; broken(): void },
): { close(): void } {
  let source: EventSource | null = new EventSource(address);
  const close = () => {
    source?.close();
    source = null;
  };
  for (const type of TYPES) {
    source.addEventListener(type, (event) => {
      if (source !== null) on.event(type, event.lastEventId, event.data);
    });
  }
  source.onerror = () => {
    if (source === null) return;
    close();
    on.broken();
  };
  return { close };
}

/** How a host says that it is there: retained, and as the will of its connection. */

/** The payload of a birth or death of a host. */
export function statePayload(online: boolean, timestampMs: number): string {
  return JSON.stringify({ online, timestamp: timestampMs });
}

/** As version 2.2 had it. */
export function oldStatePayload(online: boolean): string {
  return online ? "ONLINE" : "OFFLINE";
}

/** Whether a host's state, as it came, says that the host is there. Anything but that does not. */
export function saysOnline(payload: Uint8Array): boolean {
  if (payload.length > 1_024) return false;
  try {
    const state: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof state === "object" && state !== null && "online" in state &&
      state.online === true;
  } catch {
    return false;
  }
}

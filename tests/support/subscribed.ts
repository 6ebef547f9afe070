import type { PerchProcess } from "./perch.ts";

/** Waits until Perch's session exists at its broker: what is sent before belongs to nobody. */
export async function subscribed(perch: PerchProcess, key: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (performance.now() < deadlineMs) {
    const response = await fetch(`${perch.url}/metrics`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (/perch_component_ok\{component="mqtt"\} 1/.test(await response.text())) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Perch did not connect to its broker:\n${perch.output()}`);
}

import { textOf } from "./peer.ts";

/** Beyond what is sent: they are looked at with every reading, and no alarm begins. */
const LIMITS = { warning_high: 400, critical_high: 500, warning_low: -400, hysteresis: 1 };

/** A running Perch, and the head of a request of somebody who may change settings. */
export interface Askable {
  url: string;
  headers: Record<string, string>;
}

/** Limits for each of the sensors of the machine `bench/m`, of which there have to be so many. */
export async function setLimits({ url, headers }: Askable, sensors: number): Promise<void> {
  const list = await fetch(`${url}/api/sensors?machine=bench/m&limit=500`, { headers });
  const { items } = JSON.parse(await textOf(list));
  if (items.length !== sensors) throw new Error(`${items.length} of ${sensors} sensors`);
  for (const { id } of items) {
    await textOf(
      await fetch(`${url}/api/sensors/${id}`, {
        method: "PATCH",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(LIMITS),
      }),
    );
  }
}

/** Takes what the live stream sends from now on, and looks at none of it. */
export async function readStream({ url, headers }: Askable): Promise<void> {
  const stream = await fetch(`${url}/api/stream?types=reading`, { headers });
  if (!stream.ok) throw new Error(await stream.text());
  (async () => {
    // deno-lint-ignore no-empty
    for await (const _ of stream.body!) {}
  })().catch(() => {});
}

/** What a Perch that is watched from outside is put through. */
import { createClient } from "@libsql/client";
import type { ManagedPerch } from "./service_manager.ts";

/** Sends a reading every 100 ms; what is not taken does not count. */
export async function sendReadings(perch: ManagedPerch, key: string): Promise<() => void> {
  const url = await perch.url();
  let value = 0;
  const timer = setInterval(() => {
    fetch(`${url}/api/ingest`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ machine: "hall", sensor: "t", value: value++ }),
      signal: AbortSignal.timeout(5_000),
    }).then((response) => response.body?.cancel(), () => {});
  }, 100);
  return () => clearInterval(timer);
}

/** Another program writes and does not commit. */
export async function lockDatabase(dataDir: string): Promise<() => void> {
  // Perch may just be writing.
  const waits = { concurrency: 1, timeout: 5_000 };
  const client = createClient({ url: `file:${dataDir}/perch.db`, ...waits });
  const transaction = await client.transaction("write");
  return () => {
    transaction.close();
    client.close();
  };
}

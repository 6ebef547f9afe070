/** What only a started binary shows of reports: the worker, its library and its fonts are inside it. */
import assert from "node:assert/strict";
import type { RunningBinary } from "./binary_scripts.ts";
import { until } from "./until.ts";

/** A report is ordered, written as PDF and downloaded. */
export async function assertReportsAreMade(
  { url, headers, patienceMs }: RunningBinary,
): Promise<void> {
  const to = Date.now();
  const order = { format: "pdf", from: to - 3_600_000, to };
  const answer = await fetch(`${url}/api/reports`, {
    method: "POST",
    headers,
    body: JSON.stringify(order),
  });
  const { id } = await answer.json();
  assert.equal(answer.status, 202);
  await until("the report", async () => {
    const job = await (await fetch(`${url}/api/reports/${id}`, { headers })).json();
    assert.notEqual(job.state, "failed", job.error);
    return job.state === "done" || null;
  }, patienceMs);
  const file = await fetch(`${url}/api/reports/${id}/file`, { headers });
  assert.equal(file.headers.get("content-type"), "application/pdf");
  const text = new TextDecoder("latin1").decode(await file.arrayBuffer());
  assert.match(text, /^%PDF-1\.7\n[^]*\/FontFile2[^]*%%EOF\s*$/);
}

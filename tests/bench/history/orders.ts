const POLL_MS = 50;

/** Orders a job and waits for its file. Seconds from the order to that, and the job. */
export async function ordered(
  url: string,
  headers: Record<string, string>,
  path: string,
  body: Record<string, unknown>,
): Promise<{ seconds: number; bytes: number }> {
  const startMs = performance.now();
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  let job = await answer.json();
  while (job.state !== "done") {
    if (!["waiting", "running"].includes(job.state)) throw new Error(job.error ?? job.state);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    job = await (await fetch(`${url}${path}/${job.id}`, { headers })).json();
  }
  return { seconds: (performance.now() - startMs) / 1000, bytes: job.file.bytes };
}

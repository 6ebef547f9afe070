import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { JobJson, StateJson } from "../lib/backup/shapes.ts";
import { at, fetchOwn } from "./own.ts";

const POLL_MS = 500;
const STAGES: Record<JobJson["stage"], string> = {
  copying: "Copying the database",
  packing: "Packing",
  checking: "Restoring it into a scratch folder, and checking",
  unpacking: "Unpacking",
  replacing: "Replacing",
};

/** How far the backup is; once it has ended the page is drawn anew. */
export function BackupProgress({ initial }: { initial: JobJson }): VNode {
  const [job, setJob] = useState(initial);
  useEffect(() => follow(setJob), []);
  const percent = Math.round(job.share * 100);
  return (
    <section class="card" aria-labelledby="backup-progress">
      <h2 id="backup-progress">{STAGES[job.stage]}</h2>
      <p class="progress">
        <progress max="1" value={job.share} aria-label="Progress of the backup" />
        <span>{`${percent} %`}</span>
      </p>
      <p class="muted">Readings are stored meanwhile; you can leave this page.</p>
    </section>
  );
}

function follow(setJob: (job: JobJson) => void): () => void {
  let gone = false;
  (async () => {
    while (!gone) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      // Perch may be away for a moment: it is asked again.
      const response = await fetchOwn("/api/backups/state").catch(() => null);
      if (gone || !response?.ok) continue;
      const { job } = await response.json() as StateJson;
      if (job?.state === "running") setJob(job);
      else return location.replace(at("/settings/backups"));
    }
  })();
  return () => void (gone = true);
}

import type { VNode } from "preact";
import type { KeptPlant } from "../../lib/backup/restores.ts";
import { dateTime } from "../../lib/words/times.ts";

/** What a person has to do after a restore. */
export function Kept(
  { kept: { from, atMs, path }, zone }: { kept: KeptPlant; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="kept-title">
      <h2 id="kept-title">The last restore</h2>
      <p>
        {`${from} was restored on ${dateTime(atMs, zone)}. What was there before is kept in `}
        <code>{path}</code>
        {". Look whether all is well; then stop Perch and run "}
        <code>perch restore --confirm</code>
        {", which removes it, or "}
        <code>perch restore --undo</code>
        {", which puts it back."}
      </p>
    </section>
  );
}

import type { VNode } from "preact";
import { zoneText } from "../../lib/words/zones.ts";

/** Below every page: in which time zone its times are. */
export function ZoneNote({ shown, site }: { shown: string; site: string }): VNode {
  const nowMs = Date.now();
  return (
    <p class="zone-note muted">
      Times in {zoneText(shown, nowMs)}
      {shown === site ? "" : `; the site's zone is ${zoneText(site, nowMs)}`}.{" "}
      <a href="/more#time-zone">Change</a>
    </p>
  );
}

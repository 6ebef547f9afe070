import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import type { SourceView } from "../lib/sources/source.ts";
import { grouped } from "../lib/words/numbers.ts";
import { ago, dateTime } from "../lib/words/times.ts";
import { now, status } from "./live.ts";
import { fetchOwn } from "./own.ts";

const GOOD = new Set(["connected", "listening"]);

/** True when readings can come in this way. */
export function isGood(state: string): boolean {
  return GOOD.has(state);
}

/** Every source with its counts, or those of these names; asks anew when the stream says how Perch is doing. */
export function SourceList(
  { sources, names, nowMs, zone }: {
    sources: SourceView[];
    /** What a filter left. */
    names?: readonly string[];
    nowMs: number;
    zone: string;
  },
): VNode {
  const shown = useSignal(sources);
  useSignalEffect(() => {
    if (status.value === null) return;
    fetchOwn("/api/sources")
      .then(async (response) => {
        if (response.ok) shown.value = (await response.json()).items;
      })
      // The stream notices the same outage and the page says so.
      .catch(() => {});
  });
  const at = typeof document === "undefined" ? nowMs : Math.max(now.value, nowMs);
  return (
    <>
      {shown.value.filter(({ name }) => names?.includes(name) ?? true).map((source) => (
        <Source key={source.name} source={source} nowMs={at} zone={zone} />
      ))}
    </>
  );
}

function Source(
  { source, nowMs, zone }: { source: SourceView; nowMs: number; zone: string },
): VNode {
  const good = isGood(source.state);
  const lastMs = source.last_ms;
  return (
    <section class="card source" aria-label={source.name}>
      <h2>
        {source.name}
        <span class={good ? "state" : "state warning"}>
          <span aria-hidden="true">{good ? "●" : "▲"}</span> {source.state}
        </span>
      </h2>
      <p>{source.detail}</p>
      <dl class="figures">
        <div>
          <dt>Received</dt>
          <dd>{grouped(source.received)}</dd>
        </div>
        <div>
          <dt>Refused</dt>
          <dd>{grouped(source.rejected)}</dd>
        </div>
        <div>
          <dt>Last message</dt>
          <dd>
            {lastMs === null ? "none yet" : (
              <time
                dateTime={new Date(lastMs).toISOString()}
                title={dateTime(lastMs, zone)}
              >
                {ago(nowMs - lastMs)}
              </time>
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}

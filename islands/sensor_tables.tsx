import type { VNode } from "preact";
import { number } from "../lib/words/numbers.ts";
import { dateTime, duration } from "../lib/words/times.ts";
import type { Span } from "./chart_data.ts";
import type { SensorViewProps, View } from "./sensor_data.ts";
import { wordOf } from "./state_bands.tsx";

const TABLE_ROWS = 120;

/** What the chart shows, step by step, for those who do not see it. */
export function ValueTable({ view, props }: { view: View; props: SensorViewProps }): VNode {
  const { buckets } = view;
  const from = Math.max(0, buckets.t.length - TABLE_ROWS);
  return (
    <details class="table">
      <summary>Values as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Values">
        <table>
          <caption>
            {from > 0 ? `The latest ${TABLE_ROWS} of ${buckets.t.length} steps` : "All steps"},
            newest first
          </caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Mean</th>
              <th scope="col">Lowest</th>
              <th scope="col">Highest</th>
              <th scope="col">Readings</th>
            </tr>
          </thead>
          <tbody>
            {buckets.t.slice(from).map((t, i) => (
              <tr key={t}>
                <th scope="row">{dateTime(t, props.zone)}</th>
                <td>{number(buckets.mean[from + i], props.decimals)}</td>
                <td>{number(buckets.min[from + i], props.decimals)}</td>
                <td>{number(buckets.max[from + i], props.decimals)}</td>
                <td>{buckets.n[from + i]}</td>
              </tr>
            )).reverse()}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** When a state sensor changed, and for how long it stayed. */
export function StateTable(
  { spans, words, zone }: { spans: Span[]; words: readonly string[]; zone: string },
): VNode {
  return (
    <details class="table">
      <summary>Changes as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Changes">
        <table>
          <caption>Newest first</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col" class="text">State</th>
              <th scope="col">For</th>
            </tr>
          </thead>
          <tbody>
            {spans.slice(-TABLE_ROWS).reverse().map(({ fromMs, toMs, state }) => (
              <tr key={fromMs}>
                <th scope="row">{dateTime(fromMs, zone)}</th>
                <td class="text">{wordOf(state, words)}</td>
                <td>{duration(toMs - fromMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

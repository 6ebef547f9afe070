import type { VNode } from "preact";
import { SEVERITY_MARKS, valueOf } from "../../lib/words/alarms.ts";
import { gapMs } from "../../islands/chart_data.ts";
import { bandsOf } from "../../islands/limits.ts";
import { PlainChart } from "../../islands/plain_chart.tsx";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { AlarmEvidence } from "../../lib/alarms/alarms.ts";
import { headlineOf } from "../../lib/detect/headline.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { dateTime } from "../../lib/words/times.ts";
import { sensorHref } from "../frame/links.ts";
import { bucketsOf } from "../machines/sensor_rows.ts";
import type { AlarmPageParts } from "./request.ts";
import { sensorTitle } from "../../lib/words/names.ts";

const AROUND_MS = 30 * 60_000;
const LONGEST_MS = 7 * 24 * 3_600_000;
const POINTS = 400;
const FINDINGS = 10;

/** The sensor from half an hour before the alarm to half an hour after it. */
export async function around(parts: AlarmPageParts, alarm: Alarm, sensor: Sensor) {
  const nowMs = parts.clock.now();
  const toMs = Math.min(nowMs, (alarm.resolved_ms ?? nowMs) + AROUND_MS);
  const fromMs = Math.max(alarm.raised_ms - AROUND_MS, toMs - LONGEST_MS);
  const found = await parts.readings.buckets({
    sensor: sensor.num,
    fromMs,
    toMs: toMs + 1,
    points: POINTS,
  });
  return { fromMs, toMs, buckets: bucketsOf(found) };
}

/** The readings around an alarm. */
export function Chart(
  { alarm, sensor, parts, fromMs, toMs, buckets }: {
    alarm: Alarm;
    sensor: Sensor;
    parts: AlarmPageParts;
  } & Awaited<ReturnType<typeof around>>,
): VNode {
  const value = valueOf(alarm);
  return (
    <section class="card" aria-labelledby="chart">
      <h2 id="chart">
        <a href={sensorHref(sensor.id)}>{sensorTitle(sensor)}</a>
        {value !== null && <span class="area">{value}</span>}
      </h2>
      {buckets.t.length === 0
        ? <p class="muted">No readings of that time are kept.</p>
        : (
          <PlainChart
            buckets={buckets}
            fromMs={fromMs}
            toMs={toMs}
            gap={gapMs(buckets.bucketMs, parts.recent.intervalMs(sensor.num))}
            zone={parts.zone}
            nowMs={parts.clock.now()}
            title={`${sensor.name} around the alarm`}
            bands={bandsOf(sensor.settings)}
            decimals={sensor.settings.decimals}
          />
        )}
    </section>
  );
}

/** What an alarm reports, with the findings behind it. */
export function Evidence(
  { evidence, parts }: { evidence: AlarmEvidence; parts: AlarmPageParts },
): VNode {
  const { conditions, findings } = evidence;
  return (
    <section class="card" aria-labelledby="evidence">
      <h2 id="evidence">Evidence</h2>
      <ul class="evidence">
        {conditions.map((one, i) => {
          const sensor = one.sensor === null ? undefined : parts.sensors.byNum(one.sensor);
          const own = findings.filter((f) => f.sensor === one.sensor && f.detector === one.detector)
            .slice(0, FINDINGS);
          return (
            <li key={one.key}>
              <p>
                <span class={`alarm-severity ${one.severity}`}>
                  <span aria-hidden="true">{SEVERITY_MARKS[one.severity]}</span> {one.severity}
                </span>
                {` ${one.text}`}
              </p>
              <p class="muted">
                {[
                  i === 0 ? "raised it" : "further evidence",
                  one.detector ?? one.source,
                  one.present ? "still present" : one.point ? "an odd reading" : "over",
                  `last ${dateTime(one.lastMs, parts.zone)}`,
                  ...(one.count > 1 ? [`${one.count} times`] : []),
                ].join(" · ")}
                {sensor && (
                  <>
                    {" · "}
                    <a href={sensorHref(sensor.id)}>{sensor.name}</a>
                  </>
                )}
              </p>
              {own.length > 1 && (
                <details class="table">
                  <summary>{`${own.length} findings`}</summary>
                  <ul>
                    {own.map((f) => (
                      <li key={f.id}>
                        {`${dateTime(f.tMs, parts.zone)}: ${
                          sensor === undefined ? f.reason.text : headlineOf(f, sensor)
                        }`}
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What keeps a sensor's view live: readings, statuses and anomalies from the stream. */
import type { Anomaly } from "../lib/detect/anomaly.ts";
import { shownIn } from "../lib/words/conversion.ts";
import { isShown } from "./anomaly_mark.ts";
import { addReading } from "./chart_data.ts";
import { onAlarm, onAnomaly, onReadings, serverNow, statusOf } from "./live.ts";
import {
  fetchAnnotations,
  MARKS_MOST,
  type SensorViewProps,
  shownMark,
  type View,
} from "./sensor_data.ts";
import { grownSpans } from "./status_strip.tsx";

const ALARMS_MS = 500;

/** Follows the status while the view is live: the server judges, and sends each change. */
export function followStatus(
  props: SensorViewProps,
  current: { current: View },
  setView: (view: View) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  return statusOf("sensor", props.name).subscribe((changed) => {
    if (changed === null || !current.current.live) return;
    const status = changed.status === "offline" || changed.status === "maintenance"
      ? "none"
      : changed.status;
    const spans = grownSpans(current.current.spans, serverNow(), { status, tMs: changed.sinceMs });
    setView({ ...current.current, spans });
  });
}

/** Adds what is found while the view is live. */
export function followMarks(
  props: SensorViewProps,
  current: { current: View },
  setView: (view: View) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  return onAnomaly((anomaly) => {
    const mark = anomaly as Anomaly;
    if (mark.sensor_id !== props.id || !isShown(mark) || !current.current.live) return;
    // The stream may begin before the page was made.
    if (current.current.marks.some(({ id }) => id === mark.id)) return;
    const marks = [shownMark(props, mark), ...current.current.marks].slice(0, MARKS_MOST);
    setView({ ...current.current, marks });
  });
}

/** Alarms that are raised or end while the view is live: what happened is asked for anew, once for many. */
export function followAlarms(
  props: SensorViewProps,
  current: { current: View },
  setView: (view: View) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  const machine = props.name.slice(0, props.name.lastIndexOf("/"));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = onAlarm(({ alarm }) => {
    if (alarm.machine !== machine || !current.current.live) return;
    timer ??= setTimeout(async () => {
      timer = undefined;
      const { fromMs, toMs } = current.current;
      const annotations = await fetchAnnotations([props.id], fromMs, toMs).catch(() => null);
      if (annotations !== null && current.current.live) {
        setView({ ...current.current, annotations });
      }
    }, ALARMS_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

/** Adds live readings while the view is live; the picture changes at most four times a second. */
export function follow(
  props: SensorViewProps,
  current: { current: View },
  setView: (view: View) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  const length = props.lengthMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = onReadings((readings) => {
    if (!current.current.live) return;
    for (const { sensor, ts, value } of readings) {
      if (sensor !== props.name) continue;
      const code = typeof value === "string" ? props.states.indexOf(value) : value;
      if (code >= 0 || props.kind === "number") {
        addReading(current.current.buckets, ts, shownIn(props.convert, code), serverNow() - length);
      }
    }
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!current.current.live) return;
      const toMs = serverNow();
      const spans = grownSpans(current.current.spans, toMs);
      setView({ ...current.current, spans, fromMs: toMs - length, toMs });
    }, 250);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

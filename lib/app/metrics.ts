import type { Metric } from "../live/metrics.ts";
import { SEVERITIES } from "../words/severity.ts";
import type { Reported } from "../live/reported_shape.ts";
import type { CodecView } from "../sources/codecs/codec.ts";
import type { Parts } from "./parts.ts";

/** Every metric of `/metrics`. */
export async function perchMetrics(
  parts: Parts,
  process: { version: string; uptimeS: number; sensors: boolean },
): Promise<Metric[]> {
  const {
    intake,
    rejects,
    hub,
    loopLag,
    registry,
    sources,
    storage,
    components,
    reported,
    codecs,
  } = parts;
  const flow = intake.stats();
  const streams = hub.stats();
  const stored = await storage.readings.stats();
  const counter = (name: string, help: string, value: number): Metric => ({
    name: `perch_${name}_total`,
    help,
    type: "counter",
    samples: [{ value }],
  });
  const gauge = (name: string, help: string, value: number): Metric => ({
    name: `perch_${name}`,
    help,
    type: "gauge",
    samples: [{ value }],
  });
  const bySource = (name: string, help: string, value: (s: Sourced) => number): Metric => ({
    name: `perch_source_${name}_total`,
    help,
    type: "counter",
    samples: sources.map((s) => ({ labels: { source: s.name }, value: value(s.state()) })),
  });
  const ofPrograms = (
    name: string,
    help: string,
    value: (r: Reported) => number | null,
  ): Metric => ({
    name: `perch_component_${name}`,
    help,
    type: "gauge",
    samples: reported.components.all().flatMap((one) => {
      const given = value(one);
      return given === null ? [] : [{ labels: { component: one.name }, value: given }];
    }),
  });
  const ofCodecs = (name: string, help: string, value: (view: CodecView) => number): Metric => ({
    name: `perch_codec_${name}`,
    help,
    type: name.endsWith("_total") ? "counter" : "gauge",
    samples: codecs.views().map((view) => ({ labels: { codec: view.name }, value: value(view) })),
  });
  return [
    {
      name: "perch_info",
      help: "Version of this Perch",
      type: "gauge",
      samples: [{ labels: { version: process.version }, value: 1 }],
    },
    gauge("uptime_seconds", "Seconds since the start", process.uptimeS),
    counter("readings_stored", "Readings committed since the start", flow.stored),
    counter("readings_duplicate", "Readings that were stored before", flow.duplicate),
    counter(
      "messages",
      "Messages, and items of requests, of which something was taken",
      flow.messages,
    ),
    counter(
      "rejected",
      "Messages, and items of requests, that were refused as a whole",
      flow.rejected,
    ),
    counter(
      "partly_refused",
      "Messages of which something was taken and something refused",
      flow.partly,
    ),
    {
      name: "perch_rejected_by_reason_total",
      help: "What perch_rejected_total counts, by source and reason",
      type: "counter",
      samples: rejects.counts().map(({ source, code, count }) => ({
        labels: { source, reason: code },
        value: count,
      })),
    },
    counter("commit_groups", "Groups of readings committed", flow.groups),
    counter("intake_full", "Offers refused because the intake was full", flow.refusedFull),
    gauge("intake_queued", "Readings that wait for their commit", flow.queued),
    gauge("readings_per_second", "Readings per second over the last 10 s", flow.ratePerS),
    ofCodecs("messages_total", "Messages for a codec", (one) => one.messages),
    ofCodecs("errors_total", "Messages that a codec failed at", (one) => one.errors),
    ofCodecs("waiting", "Messages that wait on disk for a codec", (one) => one.waiting),
    ofCodecs("paused", "1 while a codec is paused", (one) => one.pause === null ? 0 : 1),
    gauge("sensors", "Known sensors", registry.all().length),
    bySource("received", "Messages received", (s) => s.received),
    {
      name: "perch_component_ok",
      help: "1 when the part works",
      type: "gauge",
      samples: components.all().map(({ name, health }) => ({
        labels: { component: name },
        value: health === "ok" ? 1 : 0,
      })),
    },
    ofPrograms("queue", "What waits at a program that reports", (one) => one.queue),
    ofPrograms("failed", "What a program that reports has given up", (one) => one.failed),
    ofPrograms("tries", "Tries of a program that reports, in its last hour", (one) => one.tries),
    ofPrograms("successes", "How many of its tries succeeded", (one) => one.successes),
    {
      name: "perch_alarms_open",
      help: "Open alarms by severity",
      type: "gauge",
      samples: SEVERITIES.map((severity) => ({
        labels: { severity },
        value: parts.alarms.counts()[severity],
      })),
    },
    gauge(
      "alarms_waiting",
      "Open alarms that nobody has acknowledged or shelved",
      parts.alarms.counts().waiting,
    ),
    ...cameraMetrics(parts.cameras),
    gauge("stream_clients", "Open event streams", streams.clients),
    counter("stream_refused", "Event streams refused because too many were open", streams.refused),
    counter("stream_stalled", "Event streams dropped because nobody read them", streams.stalled),
    gauge("stored_readings", "Readings on disk", stored.readings),
    gauge("database_bytes", "Size of the database", stored.databaseBytes),
    gauge("chunk_bytes", "Bytes in sealed chunks", stored.chunkBytes),
    gauge("journal_bytes", "Bytes in the journal", stored.journalBytes),
    gauge("tail_readings", "Readings not sealed yet", stored.tailReadings),
    gauge(
      "event_loop_lag_p99_seconds",
      "How late timers fire, 99th percentile",
      loopLag.quantileMs(0.99) / 1000,
    ),
    ...process.sensors ? [sensorValues(parts)] : [],
    gauge("resident_memory_bytes", "Resident memory", Deno.memoryUsage().rss),
  ];
}

/** A gauge of each camera; those that are off give none. */
function cameraMetrics(cameras: Parts["cameras"]): Metric[] {
  const running = cameras.all().filter(({ health }) => health.state !== "off");
  const gauge = (
    name: string,
    help: string,
    value: (health: typeof running[number]["health"]) => number | null,
  ): Metric => ({
    name: `perch_camera_${name}`,
    help,
    type: "gauge",
    samples: running.flatMap(({ id, name: camera, health }) => {
      const given = value(health);
      return given === null ? [] : [{ labels: { id, camera }, value: given }];
    }),
  });
  return [
    gauge("ok", "1 while a camera gives good pictures", ({ state }) => state === "live" ? 1 : 0),
    gauge(
      "picture_age_seconds",
      "Age of the newest picture",
      ({ frameAgeMs }) => frameAgeMs === null ? null : frameAgeMs / 1000,
    ),
    gauge("pictures_per_second", "Pictures a second over the last 10 s", ({ fps }) => fps),
    gauge(
      "brightness_ratio",
      "Mean brightness of the picture, 0 to 1",
      ({ brightness }) => brightness === null ? null : brightness / 255,
    ),
    gauge("failures", "Tries in a row without a minute of good pictures", (h) => h.failures),
    gauge("reconnects_per_hour", "Reconnects in the last hour", (h) => h.reconnectsPerHour),
    gauge("score_ratio", "How well a camera does, 0 to 1", ({ score }) => score / 100),
    gauge("viewers", "Live viewers of a camera", ({ viewers }) => viewers),
  ];
}

type Sourced = ReturnType<Parts["sources"][number]["state"]>;

/** Present values, as Prometheus keeps them; of what is offline none, so that its line ends there too. */
function sensorValues({ registry, statuses }: Pick<Parts, "registry" | "statuses">): Metric {
  const shown = registry.all().filter((sensor) =>
    sensor.kind !== "text" && sensor.last !== null && statuses.sensor(sensor) !== "offline"
  );
  return {
    name: "perch_sensor_value",
    help: "Latest value of a sensor; on and off are 1 and 0",
    type: "gauge",
    samples: shown.map(({ machine, sensor, unit, last }) => ({
      labels: { machine, sensor, unit: unit ?? "" },
      value: last!.value,
    })),
  };
}

import type { VNode } from "preact";
import { z } from "zod";
import { detectorsFor } from "../../lib/detect/backtest/request.ts";
import type { Backtest } from "../../lib/detect/backtest/shapes.ts";
import type { Detector } from "../../lib/detect/detector.ts";
import { isDuration, optionText } from "../../lib/words/durations.ts";
import { label, sensorTitle } from "../../lib/words/names.ts";
import type { Backtests } from "../../lib/detect/backtest/jobs.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { SensorSettings } from "../../lib/machines/sensor_settings.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import { DurationField, Field, FormError, Select } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import type { SentForm } from "../frame/form_action.ts";
import { RangeFields } from "../frame/range_fields.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Chip, Chips, Crumbs } from "../frame/parts.tsx";

/** What the backtest page takes. */
export interface BacktestParts extends PageParts {
  sensors: SensorDirectory;
  service: MachinesService;
  readings: Pick<ReadingsStore, "buckets">;
  recent: Recent;
  backtests: Backtests;
  /** What to set of a sensor so that a detector has these options; null when it cannot be set. */
  settingsOf: (detector: string, options: unknown) => Partial<SensorSettings> | null;
}

export const PAGE = "/backtest";

/** Text of an option's field, and what it is called. */
interface OptionField {
  name: string;
  title: string;
  help?: string;
  value: string;
  /** What there is to choose from; null: it is typed. */
  choices: readonly string[] | null;
}

/** What the form is about: a sensor, once one was named that exists, and a detector for it. */
export type Chosen = { sensor: Sensor; detector: Detector } | {
  sensor: null;
  problem: string | null;
};

/** Fields of a detector's options with what they are now, or the defaults. */
export function fieldsOf(detector: Detector, present: unknown): OptionField[] {
  const schema = z.toJSONSchema(detector.options, { io: "input" }) as {
    properties: Record<
      string,
      { title?: string; description?: string; type?: string; enum?: string[] }
    >;
  };
  const values = (present ?? detector.options.parse({})) as Record<string, unknown>;
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    title: property.title ?? name,
    help: property.description,
    value: optionText(name, values[name]),
    choices: property.type === "boolean" ? ["on", "off"] : property.enum ?? null,
  }));
}

/** What can be asked: a sensor first, then a detector and its options; and what was asked lately. */
export function BacktestForm(
  { parts, chosen, sent }: { parts: BacktestParts; chosen: Chosen; sent: SentForm },
): VNode {
  const jobs = parts.backtests.list();
  return (
    <>
      <Crumbs>
        <a href="/sensors">Sensors</a>
      </Crumbs>
      <h1>Backtest</h1>
      <p class="intro">
        Runs a detector with other options over what a sensor has recorded, beside the options it
        has now. Nothing is changed by it.
      </p>
      {chosen.sensor === null
        ? <SensorForm problem={chosen.problem ?? sent.errors.sensor ?? sent.errors.form} />
        : (
          <>
            <Chips label="Detector">
              {detectorsFor(chosen.sensor.kind).map((d) => (
                <Chip
                  key={d.name}
                  href={`${PAGE}?sensor=${chosen.sensor!.id}&detector=${d.name}`}
                  on={d === chosen.detector}
                >
                  {d.title}
                </Chip>
              ))}
            </Chips>
            <RunForm parts={parts} sensor={chosen.sensor} detector={chosen.detector} sent={sent} />
          </>
        )}
      {jobs.length > 0 && <Jobs jobs={jobs} />}
    </>
  );
}

function SensorForm({ problem }: { problem?: string }): VNode {
  return (
    <form method="get" action={PAGE} class="settings">
      <Picker
        kinds={["sensor"]}
        name="sensor"
        label="Sensor"
        help="What it is called, or its full name. The page of each sensor leads here, too."
        error={problem}
        autocomplete="off"
      />
      <button type="submit" class="primary">Choose</button>
    </form>
  );
}

function RunForm(
  { parts, sensor, detector, sent }: {
    parts: BacktestParts;
    sensor: Sensor;
    detector: Detector;
    sent: SentForm;
  },
): VNode {
  const { values, errors } = sent;
  const present = parts.backtests.present(sensor.num, detector.name);
  const fields = fieldsOf(detector, present);
  const whole = errors.form ?? errors.detector ?? errors.sensor;
  return (
    <form method="post" action={`${PAGE}/run`} class="settings">
      <FormError>{whole}</FormError>
      <input type="hidden" name="sensor" value={sensor.id} />
      <input type="hidden" name="detector" value={detector.name} />
      <section class="card" aria-labelledby="options">
        <h2 id="options">
          {`${detector.title} of ${label(sensor.machine)}, ${sensorTitle(sensor)}`}
        </h2>
        <p class="help">
          {detector.about}
          {present === null && " It does not watch this sensor at present."}
        </p>
        <div class="fields">
          {fields.map((field) => (
            <OptionInput
              key={field.name}
              field={field}
              value={values[`options.${field.name}`] ?? field.value}
              error={errors[`options.${field.name}`]}
            />
          ))}
        </div>
      </section>
      <section class="card" aria-labelledby="range-of">
        <h2 id="range-of">Recorded readings</h2>
        <RangeFields values={{ range: "24h", ...values }} errors={errors} zone={parts.zone} />
      </section>
      <p>
        <button type="submit" class="primary">Run</button>
      </p>
    </form>
  );
}

/** The input of an option: a choice, a length of time with its unit, or a number. */
function OptionInput(
  { field: { name, title, help, choices }, value, error }: {
    field: OptionField;
    value: string;
    error?: string;
  },
): VNode {
  const common = {
    ...{ name: `options.${name}`, id: `option-${name}`, label: title },
    ...{ help, value, error },
  };
  if (choices !== null) {
    return <Select {...common} options={choices.map((one) => [one, one] as const)} />;
  }
  const Input = isDuration(name) ? DurationField : Field;
  return <Input {...common} autocomplete="off" required={false} />;
}

const STATES: Record<Backtest["state"], string> = {
  waiting: "waits",
  running: "runs",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

function Jobs({ jobs }: { jobs: Backtest[] }): VNode {
  return (
    <section class="card" aria-labelledby="latest">
      <h2 id="latest">Latest backtests</h2>
      <p class="help">Kept until Perch restarts.</p>
      {jobs.map((job) => (
        <a key={job.id} class="row" href={`${PAGE}/${job.id}`}>
          <span class="row-name">{job.sensor.name}</span>
          <span>{job.detector}</span>
          <span class="muted">{STATES[job.state]}</span>
        </a>
      ))}
    </section>
  );
}

import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import {
  type SensorSettings,
  sensorSettingsSchema,
  SETTING_NAMES,
  type SettingName,
} from "../../lib/machines/sensor_settings.ts";
import { IN_UNIT, inverse, settingsIn, type Shown } from "../../lib/machines/shown_unit.ts";
import { UNIT_CHOICES } from "../../lib/machines/unit_choice.ts";
import { durationText, isDuration } from "../../lib/words/durations.ts";
import { sensorTitle, title } from "../../lib/words/names.ts";
import { sensorHref } from "../frame/links.ts";
import { Crumbs, Post } from "../frame/parts.tsx";
import { CONFIRM_UNIT, UNIT_ACTION } from "./unit_notice.tsx";
import { durationOf } from "../frame/durations.ts";
import { DurationField, Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { auditedBy } from "../http/caller.ts";
import { validate } from "../http/validate.ts";
import { findSensor, idForm } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { sensorChangeShape, type SensorPageParts } from "./request.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";

const PAGE = "/sensor-settings";
const GROUPS: { name: string; fields: SettingName[] }[] = [
  { name: "Shown as", fields: ["display_name", "decimals", "display_unit"] },
  {
    name: "Limits",
    fields: [
      "critical_high",
      "warning_high",
      "warning_low",
      "critical_low",
      "hysteresis",
      "delay_ms",
      "max_per_minute",
      "stuck_after_ms",
    ],
  },
  { name: "Reporting", fields: ["expected_interval_ms"] },
  { name: "Calibration", fields: ["scale", "offset"] },
];
const KINDS = [["number", "numbers"], ["binary", "on/off"], ["text", "texts"]] as const;
const texts = Object.fromEntries(SETTING_NAMES.map((name) => [name, z.string().max(100)]));

/** `/sensor-settings/:id`: what an engineer may set of a sensor. */
export function sensorSettingsPages(parts: SensorPageParts): Route[] {
  const draw = (context: RouteContext, id: string, sent: SentForm) => {
    const sensor = findSensor(parts.sensors, id);
    return parts.frame.answer(context.c, context.who, {
      title: `Settings of ${sensorTitle(sensor)}`,
      place: "/sensors",
      status: sent.status,
      content: <Content sensor={sensor} shown={parts.shown(sensor)} sent={sent} />,
    });
  };
  const again = (context: RouteContext, sent: SentForm) =>
    draw(context, sent.values.id ?? "", sent);
  const id = z.string().max(40);
  return [
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "engineer",
      summary: null,
      params: z.object({ id }),
      handler: (context) => draw(context, context.params.id, NOTHING_SENT),
    }),
    formAction(
      `${PAGE}/change`,
      z.strictObject({
        id,
        name: z.string().max(2000),
        unit: z.string().max(24),
        kind: z.enum(["number", "binary", "text"]),
        shown_in: z.string().max(24).optional(),
        ...texts,
      }),
      async ({ id, name, unit, kind, ...fields }, context) => {
        const patch = await validate(sensorChangeShape, {
          name: name.trim(),
          unit: unit.trim() === "" ? null : unit.trim(),
          kind,
          review: "confirmed",
          ...inOwnUnit(parts, id, fields as Record<SettingName, string>),
        }, "body") as z.output<typeof sensorChangeShape>;
        await parts.service.patchSensor(id, patch, auditedBy(parts.audit, context));
        return sensorHref(id);
      },
      again,
    ),
    formAction(
      UNIT_ACTION,
      z.strictObject({ id, unit: z.string().max(24), choice: z.enum(UNIT_CHOICES) }),
      async (given, context) => {
        const audited = auditedBy(parts.audit, context);
        const sensor = await parts.service.chooseUnit(given.id, given.unit, given.choice, audited);
        return sensorHref(sensor.id);
      },
      again,
    ),
    formAction(CONFIRM_UNIT, idForm, async (given, context) => {
      const { unit } = findSensor(parts.sensors, given.id);
      await parts.service.patchSensor(given.id, { unit }, auditedBy(parts.audit, context));
      return sensorHref(given.id);
    }, again),
    formAction(`${PAGE}/delete`, idForm, async (given, context) => {
      await parts.service.removeSensor(given.id, auditedBy(parts.audit, context));
      return `/sensors?undo=${given.id}`;
    }, again),
    formAction(`${PAGE}/restore`, idForm, async (given, context) => {
      await parts.service.restoreSensor(given.id, auditedBy(parts.audit, context));
      return sensorHref(given.id);
    }, again),
  ];
}

/** Texts of the form as the types that the settings want; an empty field is null, or its default. */
function valuesOf(fields: Record<SettingName, string>): Partial<SensorSettings> {
  const empty: Partial<SensorSettings> = { scale: 1, offset: 0, hysteresis: 0, delay_ms: 0 };
  const out: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const text = fields[name].trim();
    if (text === "") out[name] = empty[name] ?? null;
    else if (name === "display_name" || name === "display_unit") out[name] = text;
    else if (isDuration(name)) out[name] = durationOf(text, name);
    else {
      const value = Number(text.replace(",", "."));
      if (Number.isNaN(value)) {
        const message = "is not a number";
        throw new PerchError("validation", message, { errors: [{ path: name, message }] });
      }
      out[name] = value;
    }
  }
  return out;
}

/** The form speaks of limits in the unit that it was drawn with. */
function inOwnUnit(
  { sensors, shown }: Pick<SensorPageParts, "sensors" | "shown">,
  id: string,
  { shown_in, ...fields }: Record<SettingName, string> & { shown_in?: string },
): Partial<SensorSettings> {
  const sensor = findSensor(sensors, id);
  const { convert, unit } = shown(sensor);
  const given = valuesOf(fields);
  if (convert === null || shown_in === undefined) return given;
  if (shown_in !== unit) {
    const message = "the unit in which this sensor is shown has changed meanwhile; look again";
    throw new PerchError("conflict", message, { errors: [{ path: "form", message }] });
  }
  const stored = settingsIn(inverse(convert), given);
  // What was not changed stays to the last digit.
  const before = settingsIn(convert, sensor.settings);
  const same = SETTING_NAMES.filter((name) => IN_UNIT.has(name) && given[name] === before[name]);
  return {
    ...stored,
    ...Object.fromEntries(same.map((name) => [name, sensor.settings[name]])),
  };
}

function Content(
  { sensor, shown, sent }: { sensor: Sensor; shown: Shown; sent: SentForm },
): VNode {
  const { errors, values } = sent;
  const settings = settingsIn(shown.convert, sensor.settings);
  return (
    <>
      <Crumbs>
        <a href={sensorHref(sensor.id)}>{sensor.name.split("/").map(title).join(" / ")}</a>
      </Crumbs>
      <h1>{`Settings of ${sensorTitle(sensor)}`}</h1>
      <form method="post" action={`${PAGE}/change`} class="settings">
        <SeenField />
        <FormError>{errors.form}</FormError>
        <input type="hidden" name="id" value={sensor.id} />
        {shown.convert && <input type="hidden" name="shown_in" value={shown.unit ?? ""} />}
        <section class="card" aria-labelledby="what">
          <h2 id="what">What it is</h2>
          <div class="fields">
            <Field
              name="name"
              label="Full name"
              value={values.name ?? sensor.name}
              error={errors.name}
              help="As in its topic. History stays with it."
              autocomplete="off"
            />
            <Field
              name="unit"
              label="Unit"
              value={values.unit ?? sensor.unit ?? ""}
              error={errors.unit}
              autocomplete="off"
              required={false}
            />
            <Select
              name="kind"
              label="Reports"
              options={KINDS}
              value={values.kind ?? sensor.kind}
              error={errors.kind}
            />
          </div>
        </section>
        {GROUPS.map(({ name, fields }) => (
          <section key={name} class="card" aria-label={name}>
            <h2>{name}</h2>
            <div class="fields">
              {fields.map((field) => {
                const meta = sensorSettingsSchema.shape[field].meta();
                const length = isDuration(field);
                const now = settings[field] ?? "";
                const text = length && now !== "" ? durationText(Number(now)) : String(now);
                const Input = length ? DurationField : Field;
                return (
                  <Input
                    key={field}
                    name={field}
                    label={String(meta?.title)}
                    unit={IN_UNIT.has(field) ? shown.unit : undefined}
                    help={meta?.description}
                    value={values[field] ?? text}
                    error={errors[field]}
                    autocomplete="off"
                    required={false}
                  />
                );
              })}
            </div>
          </section>
        ))}
        <p>
          <button type="submit" class="primary">
            {sensor.review === "new" ? "Save and confirm" : "Save"}
          </button>
        </p>
      </form>
      <section class="card" aria-labelledby="delete">
        <h2 id="delete">Delete</h2>
        <Post
          action={`${PAGE}/delete`}
          fields={{ id: sensor.id }}
          seen
          about={<p class="help">It can be undone: readings are kept, new ones are refused.</p>}
        >
          Delete the sensor
        </Post>
      </section>
    </>
  );
}

/** After a deletion, at the head of the list. */
export function UndoSensor({ sensor }: { sensor: Sensor }): VNode {
  return (
    <section class="card toast" role="status" aria-label="Deleted">
      <p>{`${sensor.name} was deleted. Its readings are kept; new ones are refused.`}</p>
      <Post action={`${PAGE}/restore`} fields={{ id: sensor.id }}>Undo</Post>
    </section>
  );
}

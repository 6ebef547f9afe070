/** Several sensors at once: limits, and what is new confirmed. */
import type { VNode } from "preact";
import { PerchError } from "../../lib/base/errors.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import type { SensorPatch } from "../../lib/machines/sensor_service.ts";
import { type SensorSettings, sensorSettingsSchema } from "../../lib/machines/sensor_settings.ts";
import { inverse, settingsIn } from "../../lib/machines/shown_unit.ts";
import {
  askedOf,
  BULK_BYTES,
  type BulkForm,
  bulkForm,
  filterOf,
  pickedOf,
} from "../frame/bulk.tsx";
import { Field } from "../frame/form.tsx";
import { formAction, type SentForm } from "../frame/form_action.ts";
import { hrefWith } from "../frame/links.ts";
import { auditedBy } from "../http/caller.ts";
import { findSensor } from "../http/params.ts";
import type { Route, RouteContext } from "../http/route.ts";
import type { SensorPageParts } from "./request.ts";

const LIMITS = ["critical_high", "warning_high", "warning_low", "critical_low"] as const;

/** What the list's form posts to. */
export function sensorBulkAction(
  parts: SensorPageParts,
  /** Sensors that a filter in an address finds. */
  find: (asked: Record<string, string>) => Promise<Sensor[]>,
  draw: (
    context: RouteContext,
    asked: Record<string, string>,
    sent: SentForm,
  ) => Response | Promise<Response>,
): Route {
  return formAction(
    "/sensors/bulk",
    bulkForm,
    async (form, context) => {
      const asked = askedOf(form, "/sensors");
      const picked = pickedOf(form, await find(asked)).map((id) => findSensor(parts.sensors, id));
      if (picked.length === 0) throw new PerchError("validation", "Select at least one sensor.");
      await parts.service.patchSensors(
        picked.map(({ id }) => id),
        form.do === "confirm" ? () => ({ review: "confirmed" }) : limitsFor(parts, picked, form),
        auditedBy(parts.audit, context),
      );
      return hrefWith("/sensors", { ...asked, changed: String(picked.length) });
    },
    (context, sent) => draw(context, filterOf(sent.values.back, "/sensors"), sent),
    "engineer",
    BULK_BYTES,
  );
}

/**
 * The limits as typed, for each sensor in the unit that it is stored in. They are typed in the one unit in which all
 * of them are shown.
 */
function limitsFor(
  { shown }: Pick<SensorPageParts, "shown">,
  picked: readonly Sensor[],
  form: BulkForm,
): (sensor: Sensor) => SensorPatch {
  const limits = limitsOf(form);
  const units = [...new Set(picked.map((sensor) => shown(sensor).unit ?? "no unit"))];
  if (units.length > 1) {
    throw new PerchError(
      "validation",
      `The selected sensors are shown in ${units.slice(0, 5).join(", ")}. ` +
        "Limits are set together where the unit is the same.",
    );
  }
  return (sensor) => {
    const { convert } = shown(sensor);
    return convert === null ? limits : settingsIn(inverse(convert), limits);
  };
}

/** A field that is empty says nothing, unless what is empty is to be removed. */
function limitsOf(form: BulkForm): Partial<SensorSettings> {
  const limits: Partial<SensorSettings> = {};
  for (const name of LIMITS) {
    const text = form[name]?.trim() ?? "";
    if (text === "") {
      if (form.clear === "on") limits[name] = null;
      continue;
    }
    const value = Number(text.replace(",", "."));
    if (Number.isNaN(value)) {
      const message = `"${text}" is not a number`;
      throw new PerchError("validation", message, { errors: [{ path: name, message }] });
    }
    limits[name] = value;
  }
  if (Object.keys(limits).length === 0) {
    throw new PerchError("validation", "Fill in at least one limit.");
  }
  return limits;
}

/** What can be done with the selected sensors. */
export function SensorBar({ sent }: { sent: SentForm }): VNode {
  const { values, errors } = sent;
  return (
    <>
      <details class="bulk-more" open={values.do === "limits"}>
        <summary class="chip">Set limits</summary>
        <div class="fields">
          {LIMITS.map((name) => (
            <Field
              key={name}
              name={name}
              label={String(sensorSettingsSchema.shape[name].meta()?.title)}
              value={values[name]}
              error={errors[name]}
              required={false}
              autocomplete="off"
            />
          ))}
        </div>
        <label class="tick">
          <input type="checkbox" name="clear" checked={values.clear !== undefined} />
          Remove the limits that are empty here
        </label>
        <button type="submit" class="small" name="do" value="limits">Set the limits</button>
      </details>
      <button type="submit" class="small" name="do" value="confirm">Confirm</button>
    </>
  );
}

/** The fields of a camera's forms, and how what was typed becomes a camera. */
import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { optionFields } from "../../lib/base/options.ts";
import { cameraSettingsSchema } from "../../lib/cameras/camera.ts";
import type { CameraKind } from "../../lib/cameras/kinds/kind.ts";
import { kindOf } from "../../lib/cameras/kinds/mod.ts";
import { isCamera } from "../../lib/machines/camera_machine.ts";
import { isHost } from "../../lib/machines/host_machine.ts";
import { machineTitle } from "../frame/links.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { optionsOfForm } from "../frame/option_field.tsx";
import { inputNames, OptionInputs, otherError } from "../frame/option_form.tsx";
import { validate } from "../http/validate.ts";
import type { CameraPageParts } from "./page_parts.tsx";
import { cameraName } from "./request.ts";

/** A form whose fields depend on the kind. */
export const texts = z.record(z.string().max(100), z.string().max(4000));
export type Texts = z.output<typeof texts>;

const SETTINGS = optionFields(cameraSettingsSchema);

/** @throws PerchError `validation` */
export function knownKind(name: string | undefined): CameraKind {
  const kind = kindOf(name ?? "");
  if (kind !== null) return kind;
  throw new PerchError("validation", "there is no such kind of camera");
}

/** Name, machine and options as the service takes them. @throws PerchError `validation` */
export async function cameraOfForm(kind: CameraKind, values: Texts) {
  const { name } = await validate(
    z.object({ name: cameraName }),
    { name: values.name ?? "" },
    "body",
  ) as { name: string };
  const machine = values.machine === "" ? null : values.machine ?? null;
  return { name, machine, options: optionsOfForm(optionFields(kind.options), values) };
}

/** All settings; one that is left empty has its default again. */
export function settingsOfForm(values: Texts): Record<string, unknown> {
  const defaults = Object.fromEntries(SETTINGS.map((field) => [field.name, field.default]));
  return { ...defaults, ...optionsOfForm(SETTINGS, values, "setting") };
}

/** Name, the machine that it looks at, and the options of its kind. */
export function CameraFields(
  { parts, kind, stored, values, errors }: {
    parts: CameraPageParts;
    kind: CameraKind;
    /** Null: it is a new one. */
    stored: { name: string; machine: string | null; options: Record<string, unknown> } | null;
    values: Texts;
    errors: Record<string, string>;
  },
): VNode {
  const machines = parts.machines.all().filter((machine) =>
    machine.deletedMs === null && !isHost(machine) && !isCamera(machine)
  ).map((machine) => [machine.path, `${machineTitle(machine)} (${machine.path})`] as const);
  return (
    <>
      <FormError>{otherError(errors, inputNames(optionFields(kind.options), "option"))}</FormError>
      <Field
        name="name"
        label="Name"
        value={values.name ?? stored?.name ?? ""}
        error={errors.name}
        autocomplete="off"
      />
      <Select
        name="machine"
        label="Looks at"
        value={values.machine ?? stored?.machine ?? ""}
        options={[["", "no machine"], ...machines]}
        help="Pictures of its alarms are kept, and its page shows this camera."
        error={errors.machine}
      />
      <OptionInputs
        fields={optionFields(kind.options)}
        prefix="option"
        stored={stored?.options}
        values={values}
        errors={errors}
      />
    </>
  );
}

export function SettingFields(
  { stored, values, errors }: {
    stored: Readonly<Record<string, unknown>>;
    values: Texts;
    errors: Record<string, string>;
  },
): VNode {
  return (
    <>
      <FormError>{otherError(errors, inputNames(SETTINGS, "setting"))}</FormError>
      <div class="fields">
        <OptionInputs
          fields={SETTINGS}
          prefix="setting"
          stored={stored}
          values={values}
          errors={errors}
        />
      </div>
    </>
  );
}

/** The fields of a probe's forms, and how what was typed becomes a probe. */
import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { type OptionField, optionFields } from "../../lib/base/options.ts";
import type { PollKind } from "../../lib/sources/polls/kinds/kind.ts";
import { kindOf } from "../../lib/sources/polls/kinds/mod.ts";
import { pollSettingsSchema, REPORTING_SETTINGS } from "../../lib/sources/polls/poll.ts";
import type { PollView } from "../../lib/sources/polls/poll_view.ts";
import { Field, FormError } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { optionsOfForm } from "../frame/option_field.tsx";
import { inputNames, OptionInputs, otherError } from "../frame/option_form.tsx";
import { validate } from "../http/validate.ts";
import { probeName } from "./request.ts";

/** A form whose fields depend on the kind. */
export const texts = z.record(z.string().max(100), z.string().max(100_000));
export type Texts = z.output<typeof texts>;

const SETTINGS = optionFields(pollSettingsSchema);

/** Those that mean something for a kind, with its own default. */
function settingFields({ reports, everyS }: PollKind): OptionField[] {
  const own = SETTINGS.filter(({ name }) =>
    !reports || (REPORTING_SETTINGS as readonly string[]).includes(name)
  );
  return own.map((field) => {
    if (field.name !== "every_s") return field;
    const title = reports ? "Must report every, seconds" : "Asked every, seconds";
    return { ...field, title, help: "", default: everyS ?? field.default };
  });
}

/** @throws PerchError `validation` */
export function knownKind(name: string | undefined): PollKind {
  const kind = kindOf(name ?? "");
  if (kind !== null) return kind;
  throw new PerchError("validation", "there is no such kind of probe");
}

/** Name, options and settings as the service takes them. @throws PerchError `validation` */
export async function probeOfForm(kind: PollKind, values: Texts) {
  const shape = z.object({ name: probeName });
  const { name } = await validate(shape, { name: values.name ?? "" }, "body") as { name: string };
  const fields = settingFields(kind);
  const defaults = Object.fromEntries(fields.map((field) => [field.name, field.default]));
  return {
    name,
    options: optionsOfForm(optionFields(kind.options), values),
    settings: { ...defaults, ...optionsOfForm(fields, values, "setting") },
  };
}

interface FieldsProps {
  kind: PollKind;
  /** Null: it is a new one. */
  stored: PollView | null;
  values: Texts;
  errors: Record<string, string>;
}

/** Name, the options of its kind, its settings, and for a new one the machine. */
export function ProbeFields({ kind, stored, values, errors }: FieldsProps): VNode {
  const options = optionFields(kind.options);
  const settings = settingFields(kind);
  return (
    <>
      <FormError>
        {otherError(errors, [
          ...inputNames(options, "option"),
          ...inputNames(settings, "setting"),
        ])}
      </FormError>
      <Field
        name="name"
        label="Name"
        value={values.name ?? stored?.name ?? ""}
        error={errors.name}
        autocomplete="off"
      />
      <OptionInputs
        fields={options}
        prefix="option"
        stored={stored?.options}
        {...{ values, errors }}
      />
      <div class="fields">
        <OptionInputs
          fields={settings}
          prefix="setting"
          stored={stored?.settings}
          {...{ values, errors }}
        />
      </div>
      {stored === null && (
        <Picker
          kinds={["machine"]}
          name="machine"
          label="Machine"
          value={values.machine ?? ""}
          help="Path of the machine that its readings come under. Empty: probes/NAME."
          error={errors.machine}
          autocomplete="off"
          required={false}
        />
      )}
    </>
  );
}

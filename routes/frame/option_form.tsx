/** Forms of things whose options are known by their kind alone: cameras, probes. */
import type { VNode } from "preact";
import type { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { OptionField } from "../../lib/base/options.ts";
import type { Policy, Route, RouteContext } from "../http/route.ts";
import { formAction } from "./form_action.ts";
import type { FormState } from "./form_page.ts";
import { inputName, OptionInput, type OptionPrefix } from "./option_field.tsx";

/** What is wrong with an option or a setting stands beside its input. */
export async function besideFields<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof PerchError) || error.errors.length === 0) throw error;
    const errors = error.errors.map(({ path, message }) => ({
      path: path.replace(/^(option|setting)s\.([^.]+).*$/, "$1.$2"),
      message,
    }));
    throw new PerchError(error.code, error.message, { errors, about: error.about });
  }
}

/** The page of one of them. */
export interface ItemPage {
  path: string;
  idOf(context: RouteContext): string;
  draw(context: RouteContext, state: FormState): Promise<Response>;
}

/**
 * Makes what the forms of such a page post to, `<page>/<form>`. `run` does it: it gives an answer or where to go on,
 * or nothing (back to the page).
 */
export function itemActions(page: ItemPage, hrefOf: (id: string) => string) {
  return <T,>(
    form: string,
    policy: Policy,
    schema: z.ZodType<T>,
    run: (id: string, data: T, context: RouteContext) => Promise<Response | string | void>,
    mostBytes?: number,
  ): Route =>
    formAction(
      `${page.path}/${form}`,
      schema,
      async (data, context) => {
        const id = page.idOf(context);
        return await besideFields(() => run(id, data, context)) ?? hrefOf(id);
      },
      (context, sent) => page.draw(context, { form, ...sent }),
      policy,
      mostBytes,
    );
}

/** What is wrong and stands beside none of the inputs. */
export function otherError(
  errors: Readonly<Record<string, string>>,
  inputs: readonly string[],
): string | undefined {
  const beside = new Set(["name", "machine", ...inputs]);
  return Object.entries(errors).find(([path]) => !beside.has(path))?.[1];
}

/** Names of the inputs of these fields. */
export const inputNames = (fields: readonly OptionField[], prefix: OptionPrefix) =>
  fields.map(({ name }) => inputName(name, prefix));

/** An input for each field, with what was typed, else what is stored. */
export function OptionInputs(
  { fields, prefix, stored = {}, values, errors }: {
    fields: readonly OptionField[];
    prefix: OptionPrefix;
    /** Left out: nothing is. */
    stored?: Readonly<Record<string, unknown>>;
    values: Readonly<Record<string, string>>;
    errors: Readonly<Record<string, string>>;
  },
): VNode {
  return (
    <>
      {fields.map((field) => {
        const name = inputName(field.name, prefix);
        return (
          <OptionInput
            key={name}
            field={field}
            prefix={prefix}
            id={`${prefix}-${field.name}`}
            // A secret never comes back, but that there is one does.
            value={field.secret ? stored[field.name] : values[name] ?? stored[field.name]}
            error={errors[name]}
          />
        );
      })}
    </>
  );
}

import type { VNode } from "preact";
import { z } from "zod";
import type { Role } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { Audit } from "../../lib/access/audit.ts";
import type { StoreStats } from "../../lib/readings/store.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import type { SettingView } from "../../lib/settings/setting.ts";
import { textOf, typedText, valueOfText, type ValueSchema } from "../../lib/settings/text.ts";
import type { Route } from "../http/route.ts";
import { Answer, More, Post } from "../frame/parts.tsx";
import { changeSetting } from "./settings_api.ts";
import { Field, SeenField, Select } from "../frame/form.tsx";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Exact } from "../frame/times.tsx";
import { TierTable } from "./tiers.tsx";

/** The category whose own page has more to do. */
const BACKUPS = "Backups";
const HISTORY = "Keeping readings";

/** What the settings page takes. */
export interface SettingsParts extends PageParts {
  settings: Settings;
  audit: Audit;
  stored: () => Promise<Pick<StoreStats, "tiers">>;
}

/** `/settings`: a form per setting, drawn from the registry. */
export function settingsPages(parts: SettingsParts): Route[] {
  const { settings } = parts;
  const page: FormPage = {
    path: "/settings",
    policy: "viewer",
    draw: async (context, state) => {
      const role = context.who!.role;
      // The page is there to mend things, also when the storage does not answer.
      const stored = await parts.stored().catch(() => null);
      return await parts.frame.answer(context.c, context.who, {
        title: "Settings",
        place: "/more",
        status: state.status,
        content: <Content parts={parts} role={role} state={state} stored={stored} />,
      });
    },
  };
  return [
    pageRoute(page),
    formRoute(
      page,
      "change",
      z.strictObject({ key: z.string().max(100), value: z.string().max(10_000) }),
      async ({ key, value }, context) => {
        const schema = settings.view(key).schema as ValueSchema;
        await changeSetting(parts, context, key, valueOfText(schema, value));
      },
      "admin",
    ),
    formRoute(
      page,
      "default",
      z.strictObject({ key: z.string().max(100) }),
      async ({ key }, context) => {
        await changeSetting(parts, context, key, null);
      },
      "admin",
    ),
  ];
}

function Content(
  { parts, role, state, stored }: {
    parts: SettingsParts;
    role: Role;
    state: FormState;
    stored: Pick<StoreStats, "tiers"> | null;
  },
): VNode {
  const views = parts.settings.list((least) => atLeast(role, least));
  const categories = [...new Set(views.map((view) => view.category))];
  const changed = views.filter((view) => view.changed).length;
  return (
    <>
      <Answer>
        {changed === 0 ? "All settings have their defaults" : `${changed} settings were changed`}
      </Answer>
      {categories.map((category) => (
        <section class="card" key={category} aria-label={category}>
          <h2>{category}</h2>
          {category === HISTORY && stored !== null && (
            <TierTable stored={stored} settings={parts.settings} zone={parts.zone} />
          )}
          {views.filter((view) => view.category === category).map((view) => (
            <Setting
              key={view.key}
              view={view}
              mayChange={atLeast(role, view.change)}
              state={state}
              zone={parts.zone}
            />
          ))}
          {category === BACKUPS && role === "admin" && (
            <More href="/settings/backups">Backups and restore</More>
          )}
          {category === HISTORY && role === "admin" && (
            <More href="/import">Import history from elsewhere</More>
          )}
        </section>
      ))}
    </>
  );
}

function Setting(
  { view, mayChange, state, zone }: {
    view: SettingView;
    mayChange: boolean;
    state: FormState;
    zone: string;
  },
): VNode {
  const sent = stateOf(state, "change");
  const mine = sent.values.key === view.key;
  const error = mine ? sent.errors.value ?? sent.errors.form : undefined;
  return (
    <>
      {mayChange
        ? (
          <form method="post" action="/settings/change">
            <SeenField />
            <input type="hidden" name="key" value={view.key} />
            <Input view={view} typed={mine ? sent.values.value : undefined} error={error} />
            <button type="submit" class="small">Save</button>
          </form>
        )
        : <p>{`${view.title}: ${textOf(view, view.value)}`}</p>}
      {view.changed && (
        <p class="muted">
          {`Changed by ${view.changedBy}, `}
          <Exact tMs={view.changedMs!} zone={zone} />
          {view.secret ? "." : `; the default is ${textOf(view, view.default)}.`}
        </p>
      )}
      {view.changed && mayChange && (
        <Post action="/settings/default" fields={{ key: view.key }} seen look="small">
          Back to the default
        </Post>
      )}
    </>
  );
}

function Input(
  { view, typed, error }: { view: SettingView; typed: string | undefined; error?: string },
): VNode {
  const schema = view.schema as ValueSchema;
  const id = view.key.replace(/\W/g, "-");
  const value = typed ?? typedText(view.value);
  const choices = schema.type === "boolean" ? ["on", "off"] : schema.enum;
  if (choices !== undefined) {
    return (
      <Select
        name="value"
        id={id}
        label={view.title}
        options={choices.map((word) => [word, word] as const)}
        value={value}
        help={view.help}
        error={error}
      />
    );
  }
  const later = view.restart ? " Counts from the next start." : "";
  return (
    <Field
      name="value"
      id={id}
      label={view.title}
      unit={view.unit}
      help={`${view.help}${rangeOf(schema)}${later}`}
      error={error}
      type={view.secret ? "password" : "text"}
      placeholder={view.secret ? textOf(view, null) : undefined}
      value={view.secret ? undefined : value}
      numeric={schema.type === "integer"}
      required={view.secret}
      autocomplete="off"
    />
  );
}

function rangeOf({ minimum, maximum }: ValueSchema): string {
  return minimum === undefined || maximum === undefined ? "" : ` ${minimum} to ${maximum}.`;
}

/** A section of the settings as one form: how it is drawn, and what of it was changed. */
import type { VNode } from "preact";
import type { Role } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { SettingChange } from "../../lib/settings/settings.ts";
import type { SettingView } from "../../lib/settings/setting.ts";
import { textOf, typedText, valueOfText, type ValueSchema } from "../../lib/settings/text.ts";
import { durationOfText, durationText } from "../../lib/words/durations.ts";
import { Field, FormError, Hidden, SeenField, Select } from "../frame/form.tsx";
import type { SentForm } from "../frame/form_action.ts";
import { Exact } from "../frame/times.tsx";

/** Beside each field: what it showed, so that only what was typed counts as a change. */
const WAS = "was.";
/** The tick that puts a setting's default back. */
const DEFAULT = "default.";

/** What a sent form changes. A field that stands as it was drawn changes nothing. */
export function changesOf(
  views: readonly SettingView[],
  role: Role,
  texts: Readonly<Record<string, string>>,
): SettingChange[] {
  return views.filter(({ change }) => atLeast(role, change)).flatMap((view) => {
    const { key } = view;
    if (texts[DEFAULT + key] !== undefined) return [{ key, value: null }];
    const text = typedIn(texts, key);
    return text === undefined ? [] : [{ key, value: valueTyped(view, text) }];
  });
}

/** Settings in ms are typed and shown as lengths of time with their unit. */
const isLength = ({ unit }: SettingView) => unit === "ms";

/** What cannot be one stays text, for the schema to refuse. */
function valueTyped(view: SettingView, text: string): unknown {
  return isLength(view) ? durationOfText(text) ?? text : valueOfText(schemaOf(view), text);
}

/** A value as its field shows it. */
function fieldText(view: SettingView, value: unknown): string {
  return isLength(view) && typeof value === "number" ? durationText(value) : typedText(value);
}

/** A value in a sentence. */
function readText(view: SettingView, value: unknown): string {
  return isLength(view) ? fieldText(view, value) : textOf(view, value);
}

/** What somebody typed into a field; undefined: it stands as it was drawn. */
function typedIn(texts: Readonly<Record<string, string>>, key: string): string | undefined {
  const text = texts[key]?.replaceAll("\r\n", "\n");
  return text === (texts[WAS + key] ?? "").replaceAll("\r\n", "\n") ? undefined : text;
}

/** The settings of a section with one Save; without a form for who may change none. */
export function SectionForm(
  { slug, views, role, sent, zone }: {
    slug: string;
    views: readonly SettingView[];
    role: Role;
    sent: SentForm;
    zone: string;
  },
): VNode {
  const mayChange = (view: SettingView) => atLeast(role, view.change);
  const settings = views.map((view) => (
    <Setting key={view.key} view={view} mayChange={mayChange(view)} sent={sent} zone={zone} />
  ));
  if (!views.some(mayChange)) return <>{settings}</>;
  return (
    <form method="post" action="/settings/save">
      <SeenField />
      <Hidden values={{ section: slug }} />
      <FormError>{sent.errors.form ?? notBesideAField(views, sent)}</FormError>
      {settings}
      <div class="save-bar">
        <button type="submit" class="primary">Save</button>
      </div>
    </form>
  );
}

/** Such as who was faster. */
function notBesideAField(views: readonly SettingView[], { errors }: SentForm): string | undefined {
  return Object.entries(errors).find(([path]) => !views.some(({ key }) => key === path))?.[1];
}

function Setting(
  { view, mayChange, sent, zone }: {
    view: SettingView;
    mayChange: boolean;
    sent: SentForm;
    zone: string;
  },
): VNode {
  const { key, changed } = view;
  return (
    <div class="setting">
      {mayChange
        ? (
          <>
            {!view.secret && <Hidden values={{ [WAS + key]: fieldText(view, view.value) }} />}
            <Input
              view={view}
              typed={typedIn(sent.values, key)}
              error={sent.errors[key]?.replace(`${key} is `, "")}
            />
          </>
        )
        : <p>{`${view.title}: ${readText(view, view.value)}`}</p>}
      {changed && (
        <p class="muted">
          {`Changed by ${view.changedBy}, `}
          <Exact tMs={view.changedMs!} zone={zone} />
          {view.secret ? "." : `; the default is ${readText(view, view.default)}.`}
        </p>
      )}
      {changed && mayChange && (
        <label class="tick">
          <input
            type="checkbox"
            name={DEFAULT + key}
            checked={sent.values[DEFAULT + key] !== undefined}
          />
          {view.secret ? "Remove it" : "Back to the default"}
          <span class="hidden">{`: ${view.title}`}</span>
        </label>
      )}
    </div>
  );
}

function Input(
  { view, typed, error }: { view: SettingView; typed: string | undefined; error?: string },
): VNode {
  const schema = schemaOf(view);
  const id = view.key.replace(/\W/g, "-");
  const value = typed ?? fieldText(view, view.value);
  const choices = schema.type === "boolean" ? ["on", "off"] : schema.enum;
  if (choices !== undefined) {
    return (
      <Select
        name={view.key}
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
      name={view.key}
      id={id}
      label={view.title}
      unit={isLength(view) ? null : view.unit}
      help={`${view.help}${rangeOf(schema, isLength(view))}${later}`}
      error={error}
      type={view.secret ? "password" : "text"}
      placeholder={view.secret ? textOf(view, null) : undefined}
      value={view.secret ? undefined : value}
      numeric={schema.type === "integer" && !isLength(view)}
      required={false}
      autocomplete="off"
    />
  );
}

function schemaOf(view: SettingView): ValueSchema {
  return view.schema as ValueSchema;
}

function rangeOf({ minimum, maximum }: ValueSchema, isLength: boolean): string {
  if (minimum === undefined || maximum === undefined) return "";
  const [from, to] = isLength ? [minimum, maximum].map(durationText) : [minimum, maximum];
  return ` ${from} to ${to}.`;
}

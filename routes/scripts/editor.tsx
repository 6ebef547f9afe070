import type { VNode } from "preact";
import { ScriptTry } from "../../islands/script_try.tsx";
import { KIND_WORDS } from "../../lib/scripts/events.ts";
import { SCRIPT_KINDS, type ScriptKind } from "../../lib/scripts/script.ts";
import type { Sample, Version } from "../../lib/scripts/scripts_store.ts";
import type { ScriptJson, TriedJson } from "../../lib/scripts/shapes.ts";
import { sampleId } from "../../lib/scripts/trying.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError, Hidden, SeenField, Select, TextArea } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { Answer, Crumbs, Post } from "../frame/parts.tsx";
import { Exact } from "../frame/times.tsx";
import { hrefOf, PAGE, Wrong } from "./list.tsx";

/** What stands in the fields. */
export interface ScriptValues {
  source: string;
  hash: string;
  topic: string;
  payload: string;
  sample: string;
}

interface Common {
  values: ScriptValues;
  errors: Readonly<Record<string, string>>;
  tried: TriedJson | null;
}

const SENTENCES: Readonly<Record<ScriptJson["state"], string>> = {
  on: "is in use",
  off: "is switched off",
  awaiting: "waits for approval",
  faulty: "cannot be used",
};

/** A script: its text to be changed and tried, its switch, its versions. */
export function Editor(
  { script, versions, samples, zone, ...common }: Common & {
    script: ScriptJson;
    versions: readonly Version[];
    samples: readonly Sample[];
    zone: string;
  },
): VNode {
  const { kind, name, state } = script;
  const href = hrefOf(script);
  const word = script.paused && state === "on" ? "is paused" : SENTENCES[state];
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Codecs and detectors</a>
      </Crumbs>
      <Answer>{`${KIND_WORDS[kind]} ${name} ${word}`}</Answer>
      <Wrong script={script} />
      {state === "awaiting" && <Approval script={script} />}
      <form method="post" action={href} class="script">
        <SeenField />
        <section class="card" aria-labelledby="text">
          <h2 id="text">{script.file}</h2>
          <Text {...common} />
          <p class="buttons">
            <button type="submit" class="primary">Save</button>
          </p>
        </section>
        <Trial {...common} kind={kind} name={name} action={`${href}/try`}>
          {samples.length > 0 && (
            <Select
              name="sample"
              label="Message"
              help="The latest that came for it; or none, and what is typed below."
              options={[
                ["", "what is typed below"],
                ...samples.map((one) =>
                  [sampleId(one), `${dateTime(one.tMs, zone)} ${one.topic}`] as const
                ),
              ]}
              value={common.values.sample}
              error={common.errors.sample}
            />
          )}
        </Trial>
      </form>
      <Versions script={script} versions={versions} zone={zone} />
      <div class="buttons">
        {state !== "awaiting" && <Switch script={script} />}
        <Post action={`${href}/delete`} fields={{ hash: script.hash ?? "" }} look="small" inline>
          Delete it
        </Post>
      </div>
    </>
  );
}

/** A script that is not there yet. */
export function NewScript(
  { kind, name, ...common }: Common & { kind: ScriptKind; name: string },
): VNode {
  const word = KIND_WORDS[kind].toLowerCase();
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Codecs and detectors</a>
      </Crumbs>
      <Answer>{`A new ${word}`}</Answer>
      <form method="post" action={`${PAGE}/new`} class="script">
        <Hidden values={{ kind }} />
        <section class="card" aria-labelledby="text">
          <h2 id="text">Name and text</h2>
          <Field
            name="name"
            label="Name"
            help="Of the file: a-z, 0-9, _ and -."
            value={name}
            error={common.errors.name}
            autocomplete="off"
          />
          <Text {...common} />
          <p class="buttons">
            <button type="submit" class="primary">{`Create the ${word}`}</button>
          </p>
        </section>
        <Trial {...common} kind={kind} name="new" action={`${PAGE}/new/try`} />
      </form>
    </>
  );
}

function Text({ values, errors }: Common): VNode {
  const rows = Math.min(Math.max(values.source.split("\n").length + 1, 14), 40);
  return (
    <>
      <FormError>{errors.form ?? errors.kind}</FormError>
      <Hidden values={{ hash: values.hash }} />
      <TextArea
        name="source"
        label="Text"
        rows={rows}
        value={values.source}
        error={errors.source}
        required
      />
    </>
  );
}

const INPUTS: Readonly<Record<ScriptKind, { topic: string | null; payload: string }>> = {
  codec: { topic: "Topic", payload: "Payload" },
  detector: { topic: "Sensor", payload: "Values, the latest last" },
  fault_detector: { topic: null, payload: "Facts, as JSON" },
  driver: { topic: null, payload: "Files that it would find, as JSON" },
};

function Trial(
  { kind, name, values, errors, tried, action, children }: Common & {
    kind: ScriptKind;
    name: string;
    action: string;
    children?: VNode | false;
  },
): VNode {
  const words = INPUTS[kind];
  return (
    <section class="card" aria-labelledby="trial">
      <h2 id="trial">Try it</h2>
      {children}
      {words.topic !== null && (
        <Field
          name="topic"
          label={words.topic}
          value={values.topic}
          error={errors.topic}
          required={false}
          autocomplete="off"
        />
      )}
      <TextArea
        name="payload"
        label={words.payload}
        value={values.payload}
        error={errors.payload}
      />
      <p class="buttons">
        <button type="submit" formAction={action} formNoValidate>Try</button>
      </p>
      <Island name="ScriptTry" component={ScriptTry} props={{ kind, name, tried }} />
    </section>
  );
}

function Approval({ script }: { script: ScriptJson }): VNode {
  return (
    <section class="card attention" aria-labelledby="approval">
      <h2 id="approval">
        <span class="mark warning" aria-hidden="true">▲</span>
        It came with a restore, and does not run
      </h2>
      <p class="said">Read the text below. What you approve is exactly this text.</p>
      <Post
        action={`${hrefOf(script)}/switch`}
        fields={{ state: "on", hash: script.hash! }}
        look="primary"
      >
        Approve this text
      </Post>
    </section>
  );
}

function Switch({ script }: { script: ScriptJson }): VNode {
  const on = script.state === "on";
  return (
    <Post
      action={`${hrefOf(script)}/switch`}
      fields={{ state: on ? "off" : "on", hash: script.hash! }}
      look="small"
      inline
    >
      {on ? "Switch it off" : "Switch it on"}
    </Post>
  );
}

function Versions(
  { script, versions, zone }: { script: ScriptJson; versions: readonly Version[]; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <ul class="deliveries scripts">
        {versions.map(({ id, hash, tMs, actor, reason }) => (
          <li key={id}>
            <p>
              <a href={`${hrefOf(script)}/versions/${id}`}>
                <Exact tMs={tMs} zone={zone} />
              </a>
              {hash === script.hash && <span class="state">now</span>}
            </p>
            <p class="muted">{actor === null ? reason : `${reason}, ${actor}`}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The kind that an address names. */
export const kindOf = (given: string | undefined): ScriptKind =>
  SCRIPT_KINDS.find((kind) => kind === given) ?? "codec";

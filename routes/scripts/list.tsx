import type { VNode } from "preact";
import { SCRIPT_KINDS, type ScriptKind, type ScriptRef } from "../../lib/scripts/script.ts";
import { KIND_WORDS } from "../../lib/scripts/events.ts";
import type { ScriptJson } from "../../lib/scripts/shapes.ts";
import { Answer, Crumbs, Empty, More, Post } from "../frame/parts.tsx";
import { RowFilter } from "../frame/list_filter.tsx";

export const PAGE = "/settings/scripts";

export const hrefOf = ({ kind, name }: ScriptRef) => `${PAGE}/${kind}/${encodeURIComponent(name)}`;

const HEADINGS: Readonly<Record<ScriptKind, string>> = {
  codec: "Codecs",
  detector: "Detectors",
  fault_detector: "Fault detectors",
  driver: "Drivers",
};

const ABOUT: Readonly<Record<ScriptKind, string>> = {
  codec: "A codec decodes the messages of MQTT topics that Perch does not understand by itself.",
  detector: "A detector watches the readings of sensors and reports what it finds.",
  fault_detector: "A fault detector looks every five seconds for what is wrong with Perch itself.",
  driver: "A driver reads a sensor at this host that Perch does not know: see Hardware.",
};

const STATES: Readonly<Record<ScriptJson["state"], string>> = {
  on: "on",
  off: "off",
  awaiting: "waits for approval",
  faulty: "cannot be run",
};

/** A script that was just deleted: to be undone. */
export interface Deleted extends ScriptRef {
  version: number;
}

/** `/settings/scripts`: all of them, by kind. */
export function ScriptList(
  { scripts, deleted }: { scripts: readonly ScriptJson[]; deleted: Deleted | null },
): VNode {
  return (
    <>
      <Crumbs>
        <a href="/settings">Settings</a>
      </Crumbs>
      <Answer>{sentenceOf(scripts)}</Answer>
      <p class="muted">
        JavaScript of your own, in a sandbox without files and network. Files in the data directory
        are found by themselves.
      </p>
      {deleted && <Undo deleted={deleted} />}
      <RowFilter rows=".scripts > li" count={scripts.length} label="Filter scripts by name" />
      {SCRIPT_KINDS.map((kind) => (
        <section class="card" key={kind} aria-labelledby={kind}>
          <h2 id={kind}>{HEADINGS[kind]}</h2>
          <Kind kind={kind} scripts={scripts.filter((one) => one.kind === kind)} />
          <More href={`${PAGE}/new?kind=${kind}`}>
            {`New ${KIND_WORDS[kind].toLowerCase()}`}
          </More>
        </section>
      ))}
    </>
  );
}

function sentenceOf(scripts: readonly ScriptJson[]): string {
  const waiting = scripts.filter(({ state }) => state === "awaiting").length;
  if (waiting > 0) {
    return waiting === 1 ? "One script waits for approval" : `${waiting} scripts wait for approval`;
  }
  const faulty = scripts.filter(({ fault, state }) => fault !== null || state === "faulty").length;
  if (faulty > 0) return faulty === 1 ? "One script has a fault" : `${faulty} scripts have faults`;
  const on = scripts.filter(({ state }) => state === "on").length;
  return on === 0
    ? "No script is in use"
    : on === 1
    ? "One script is in use"
    : `${on} scripts are in use`;
}

function Undo({ deleted: { kind, name, version } }: { deleted: Deleted }): VNode {
  return (
    <section class="card attention" aria-label="Deleted">
      <Post
        action={`${PAGE}/undo`}
        fields={{ kind, name, version: String(version) }}
        about={<p>{`${KIND_WORDS[kind]} ${name} was deleted.`}</p>}
      >
        Undo
      </Post>
    </section>
  );
}

function Kind({ kind, scripts }: { kind: ScriptKind; scripts: readonly ScriptJson[] }): VNode {
  if (scripts.length === 0) return <Empty>{`There is none. ${ABOUT[kind]}`}</Empty>;
  return (
    <ul class="deliveries scripts">
      {scripts.map((script) => (
        <li key={script.name}>
          <p>
            {script.hash === null ? script.name : <a href={hrefOf(script)}>{script.name}</a>}
            <span class="state">
              {script.paused && script.state === "on" ? "paused" : STATES[script.state]}
            </span>
          </p>
          {script.matches.length > 0 && (
            <p class="muted">
              {script.matches.map((one, i) => [i > 0 && ", ", <code key={one}>{one}</code>])}
            </p>
          )}
          {figuresOf(script) !== "" && <p class="muted">{figuresOf(script)}</p>}
          <Wrong script={script} />
          {script.hash === null && (
            <Post
              action={`${hrefOf(script)}/delete`}
              fields={{ hash: "" }}
              look="small"
              label={`Delete ${script.file}`}
              inline
            >
              Delete
            </Post>
          )}
        </li>
      ))}
    </ul>
  );
}

/** What is wrong with it, if anything is. */
export function Wrong({ script: { problem, fault, error } }: { script: ScriptJson }): VNode | null {
  const wrong = problem !== null
    ? `The file is not used: ${problem}.`
    : fault !== null
    ? faultText(fault)
    : null;
  if (wrong === null) {
    return error && <p class="muted">{`The latest that failed: ${faultText(error)}`}</p>;
  }
  return (
    <p>
      <span class="mark critical" aria-hidden="true">▲</span>
      {wrong}
    </p>
  );
}

function faultText({ message, line }: NonNullable<ScriptJson["fault"]>): string {
  return line === null ? message : `${message} (line ${line})`;
}

function figuresOf({ kind, inputs, failed, waiting }: ScriptJson): string {
  if (inputs === null) return "";
  const what = kind === "codec" ? "messages" : kind === "driver" ? "reads" : "readings";
  const held = waiting === 0 ? "" : `, ${waiting} held until it goes on`;
  return `${inputs} ${what} since the start, ${failed ?? 0} failed${held}`;
}

import type { VNode } from "preact";
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { FleetView } from "../../lib/detect/predict/fleets.ts";
import type { LogRow, ModelInfo, TrainingState } from "../../lib/detect/predict/shapes.ts";
import { label } from "../../lib/words/names.ts";
import { bytes, grouped } from "../../lib/words/numbers.ts";
import { dateTime, duration } from "../../lib/words/times.ts";
import { caller } from "../http/caller.ts";
import { type FormPage, formRoute, type FormState, NO_FORM } from "../frame/form_page.ts";
import { Ago } from "../frame/times.tsx";
import { FormError } from "../frame/form.tsx";
import { machineTitleAt } from "../frame/links.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { matching } from "../../lib/words/matching.ts";
import { Answer, Empty, Fact, Facts, More, Post, UnderMore } from "../frame/parts.tsx";
import { FleetsCard } from "./fleets_card.tsx";
import { retrain } from "./models_api.ts";
import { type Route, route } from "../http/route.ts";
import type { PredictionParts } from "./prediction.tsx";

export interface ModelParts extends PredictionParts {
  audit: Pick<Audit, "record" | "statement">;
}

const LOG_LINES = 30;
const RELOAD_S = 3;
const Query = z.object({ q: wordsField }).loose();

/** `/models`: versions, training with its progress, the log; admins train and cancel here. */
export function modelPages(parts: ModelParts): Route[] {
  const page: FormPage = {
    path: "/models",
    policy: "viewer",
    draw: async (context, state) => {
      const { q = "" } = context.query as z.output<typeof Query> ?? {};
      const { store } = parts.predictions;
      const training = parts.predictions.training();
      const data: Data = {
        models: await store.models(),
        log: (await store.log({ limit: LOG_LINES })).items,
        training,
        fleets: await parts.predictions.fleets(),
        mayTrain: context.who!.role === "admin",
      };
      const response = parts.frame.answer(context.c, context.who, {
        title: "Models",
        place: "/more",
        status: state.status,
        content: <Content parts={parts} data={data} state={state} q={q} />,
      });
      const learning = training.length > 0 || data.fleets.some((fleet) => fleet.training !== null);
      if (learning) response.headers.set("refresh", `${RELOAD_S}; url=/models`);
      return response;
    },
  };
  const machine = z.strictObject({ machine: z.string().max(2000).optional() });
  return [
    route({
      method: "get",
      path: page.path,
      policy: page.policy,
      summary: null,
      query: Query,
      handler: (context) => page.draw(context, NO_FORM),
    }),
    formRoute(page, "retrain", machine, async (data, context) => {
      await retrain(parts, caller(context), data.machine || undefined, false);
    }, "admin"),
    formRoute(page, "cancel", machine, async (data, context) => {
      await retrain(parts, caller(context), data.machine || undefined, true);
    }, "admin"),
  ];
}

interface Data {
  models: ModelInfo[];
  log: LogRow[];
  training: TrainingState[];
  fleets: FleetView[];
  mayTrain: boolean;
}

function Content(
  { parts, data, state, q }: { parts: ModelParts; data: Data; state: FormState; q: string },
): VNode {
  const machines = parts.predictions.machines();
  const byMachine = Map.groupBy(data.models, (m) => m.machine);
  const ready = machines.filter((name) => byMachine.has(name)).length;
  const error = Object.values(state.errors)[0];
  const shown = matching(machines, q, (name) => [machineTitleAt(parts.machines, name), name]);
  return (
    <>
      <UnderMore />
      <Answer>
        {shown !== machines
          ? `${shown.length} of ${machines.length} machines`
          : machines.length === 0
          ? "No machine reports numbers yet"
          : ready === 0
          ? "No machine has a model yet: rules judge them"
          : `${ready} of ${machines.length} machines ${ready === 1 ? "has" : "have"} a model`}
      </Answer>
      <FormError>{error}</FormError>
      <Figures parts={parts} />
      {data.training.length > 0 && (
        <Running parts={parts} training={data.training} mayTrain={data.mayTrain} />
      )}
      {machines.length > 0 && <ListFilter path="/models" value={q} label="Filter by machine" />}
      <Filtered>
        {machines.length > 0 && shown.length === 0 && (
          <Empty>
            No machine fits. <a href="/models">Show all {machines.length}</a>
          </Empty>
        )}
        {shown.length > 0 && (
          <section class="card" aria-labelledby="models">
            <h2 id="models">Machines</h2>
            {shown.map((name) => (
              <Machine
                key={name}
                name={name}
                models={byMachine.get(name) ?? []}
                parts={parts}
                mayTrain={data.mayTrain && !data.training.some((t) => t.machine === name)}
                folded={shown.length > FOLDED_FROM}
              />
            ))}
            {data.mayTrain && machines.length > 1 && shown === machines && (
              <Post action="/models/retrain">Retrain all</Post>
            )}
          </section>
        )}
      </Filtered>
      <FleetsCard fleets={data.fleets} nowMs={parts.clock.now()} zone={parts.zone} />
      <Log rows={data.log} parts={parts} />
      <More href="/predictions">Predictions</More>
    </>
  );
}

function Figures({ parts }: { parts: ModelParts }): VNode {
  const { predictions, errors, latencyMs } = parts.predictions.status();
  const looks = predictions + errors;
  const rows: [string, string][] = [
    ["Evaluations", grouped(predictions)],
    ["Failed", looks === 0 ? "none" : `${(100 * errors / looks).toFixed(1)} %`],
    ["Median time", latencyMs === null ? "not known" : `${latencyMs.p50.toFixed(2)} ms`],
    ["99th percentile", latencyMs === null ? "not known" : `${latencyMs.p99.toFixed(2)} ms`],
  ];
  return (
    <Facts figures>
      {rows.map(([name, value]) => <Fact key={name} name={name}>{value}</Fact>)}
    </Facts>
  );
}

/** With more machines than these each is folded. */
const FOLDED_FROM = 12;

const PHASES: Record<TrainingState["phase"], string> = {
  waiting: "waits for its turn",
  reading: "reads the history",
  learning: "learns",
  storing: "is being stored",
};

function Running(
  { parts, training, mayTrain }: {
    parts: ModelParts;
    training: TrainingState[];
    mayTrain: boolean;
  },
): VNode {
  const name = (path: string) => machineTitleAt(parts.machines, path);
  return (
    <section class="card" aria-labelledby="training">
      <h2 id="training">Training</h2>
      <p class="muted">{`This page loads again every ${RELOAD_S} s while it runs.`}</p>
      <ul class="outlooks">
        {training.map((t) => (
          <li key={t.machine}>
            <p class="part-name">
              {name(t.machine)}
              <span class="state">{PHASES[t.phase]}</span>
            </p>
            <p class="part-share">{`${Math.round(t.progress * 100)} %`}</p>
            <progress max="1" value={t.progress} aria-label={`Training of ${name(t.machine)}`} />
            {mayTrain && (
              <Post action="/models/cancel" fields={{ machine: t.machine }} look="small">
                Cancel
                <span class="hidden">{` training of ${name(t.machine)}`}</span>
              </Post>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Machine(
  { folded, ...props }: MachineProps & {
    /** Of many machines each is a line that opens. */
    folded: boolean;
  },
): VNode {
  if (!folded) return <MachineModel {...props} />;
  const [model] = props.models;
  return (
    <details class="fold">
      <summary>
        {machineTitleAt(props.parts.machines, props.name)}
        <span class="area">{model === undefined ? "no model yet" : `model ${model.version}`}</span>
      </summary>
      <MachineModel {...props} />
    </details>
  );
}

interface MachineProps {
  name: string;
  models: ModelInfo[];
  parts: ModelParts;
  mayTrain: boolean;
}

function MachineModel({ name, models, parts, mayTrain }: MachineProps): VNode {
  const [model, ...older] = models;
  const nowMs = parts.clock.now();
  const called = machineTitleAt(parts.machines, name);
  const area = name.split("/").slice(0, -1).map(label).join(" · ");
  return (
    <div class="model">
      <h3>
        {called}
        {area !== "" && <span class="area">{area}</span>}
      </h3>
      {model === undefined
        ? (
          <p class="muted">
            No model yet: rules judge it. Training needs an hour of readings that come every 10 s,
            six hours of those that come every minute.
          </p>
        )
        : (
          <>
            <p>
              {`Model ${model.version}, trained `}
              <Ago tMs={model.createdMs} nowMs={nowMs} zone={parts.zone} />
              {` on ${grouped(model.rows)} rows of ${model.sensors.length} sensors over ` +
                `${duration(model.toMs - model.fromMs)}, in ${duration(model.trainMs)} ` +
                `(${bytes(model.bytes)}).`}
            </p>
            {model.notes.map((note) => <p key={note} class="muted">{`${note}.`}</p>)}
          </>
        )}
      {older.length > 0 && (
        <details class="table">
          <summary>{`${older.length} older`}</summary>
          <ul>
            {older.map((m) => (
              <li key={m.version}>
                {`Model ${m.version}: ${dateTime(m.createdMs, parts.zone)}, ` +
                  `${grouped(m.rows)} rows over ${duration(m.toMs - m.fromMs)}`}
              </li>
            ))}
          </ul>
        </details>
      )}
      {mayTrain && (
        <Post action="/models/retrain" fields={{ machine: name }} look="small">
          {model === undefined ? "Train" : "Retrain"}
          <span class="hidden">{` ${called}`}</span>
        </Post>
      )}
    </div>
  );
}

function Log(
  { rows, parts }: { rows: LogRow[]; parts: ModelParts },
): VNode | null {
  if (rows.length === 0) return null;
  return (
    <section class="card" aria-labelledby="log">
      <h2 id="log">Log</h2>
      <ul class="samples">
        {rows.map((row) => (
          <li key={row.id}>
            <p>
              <time dateTime={new Date(row.tMs).toISOString()}>
                {dateTime(row.tMs, parts.zone)}
              </time>
              {row.machine && (
                <span class="muted">{` ${machineTitleAt(parts.machines, row.machine)}`}</span>
              )}
              {row.level !== "info" && (
                <span class="state warning">
                  <span class="mark" aria-hidden="true">▲</span>
                  {row.level === "warn" ? "not done" : "error"}
                </span>
              )}
            </p>
            <p>{row.message}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

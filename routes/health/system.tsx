import type { VNode } from "preact";
import { z } from "zod";
import type { SystemView } from "../../lib/health/system/control.ts";
import { ago, dateTime } from "../../lib/words/times.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { ProofFields } from "../frame/proof_fields.tsx";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty, Table } from "../frame/parts.tsx";
import type { Route } from "../http/route.ts";
import { meantShape, rebootHost, restartServices, type SystemServices } from "./system_request.ts";
import { sentence } from "../../lib/words/sentence.ts";

export type SystemPageParts = Omit<PageParts, "audit"> & SystemServices;

const PAGE = "/system";
const ALL = "all";
const restartForm = meantShape.extend({ unit: z.string().max(256) });

/** `/system`: what systemd says of Perch and the units it looks after; restarts and the reboot. For admins. */
export function systemPages(parts: SystemPageParts): Route[] {
  const page: FormPage = {
    path: PAGE,
    policy: "person:admin",
    draw: async ({ c, who }, state) =>
      parts.frame.answer(c, who, {
        title: "Services and reboot",
        place: "/more",
        status: state.status,
        content: <Content parts={parts} view={await parts.system.look()} state={state} />,
      }),
  };
  return [
    pageRoute(page),
    formRoute(page, "restart", restartForm, async ({ unit, ...meant }, context) => {
      const units = unit === ALL ? null : [unit];
      const taken = await restartServices(parts, context, { ...meant, units });
      return <p class="banner" role="status">{`systemd restarts ${taken.join(", ")}.`}</p>;
    }),
    formRoute(page, "reboot", meantShape, async (meant, context) => {
      await rebootHost(parts, context, meant);
      return (
        <p class="banner" role="status">
          {`${parts.system.host} goes down and starts again; this page comes back when it is there.`}
        </p>
      );
    }),
  ];
}

function Content(
  { parts, view, state }: { parts: SystemPageParts; view: SystemView; state: FormState },
): VNode {
  const { service, refusal, units, listTrouble } = view;
  const names = [...(service === null ? [] : [service.name]), ...units.map(({ name }) => name)];
  return (
    <>
      <Crumbs>
        <a href="/host">This host</a>
      </Crumbs>
      <Answer>{answerOf(view)}</Answer>
      {state.notice}
      {listTrouble !== null && <p class="banner warning" role="alert">{listTrouble}</p>}
      {refusal !== null
        ? (
          <Empty>
            {`${sentence(refusal)} Perch restarts units and the host through systemd: `}
            <code>sudo perch install</code> makes a service of it.
          </Empty>
        )
        : (
          <>
            {service === null && (
              <Empty>
                Perch was not installed as a service: <code>sudo perch install</code>{" "}
                does that. Until then it cannot restart itself.
              </Empty>
            )}
            <Units view={view} nowMs={parts.clock.now()} />
            {names.length > 0 && (
              <RestartCard names={names} host={parts.system.host} state={state} />
            )}
            <RebootCard parts={parts} view={view} state={state} />
          </>
        )}
    </>
  );
}

function answerOf({ service, refusal, units }: SystemView): string {
  if (refusal !== null) return "systemd cannot be asked";
  const failed = units.filter(({ active }) => active === "failed").map(({ name }) => name);
  if (failed.length > 0) return `${failed.join(", ")} failed`;
  const watched = units.length === 1 ? "1 unit is watched" : `${units.length} units are watched`;
  return `${service === null ? "Perch is not a service" : `Perch is ${service.name}`}; ${watched}`;
}

function Units({ view: { service, units }, nowMs }: { view: SystemView; nowMs: number }): VNode {
  const own = service === null
    ? []
    : [{ ...service, restarts: 0, gaveUp: false, failedSinceMs: null }];
  const all = [...own, ...units];
  if (all.length === 0) {
    return (
      <Empty>
        No unit is watched. List units in <code>/etc/perch/units</code>, one a line, and run{" "}
        <code>sudo perch install</code>: one that fails is restarted then.
      </Empty>
    );
  }
  return (
    <section class="card" aria-labelledby="units-title">
      <h2 id="units-title">Units</h2>
      <Table label="Perch and what it watches">
        <thead>
          <tr>
            <th scope="col">Unit</th>
            <th scope="col">State</th>
            <th scope="col">What Perch did</th>
          </tr>
        </thead>
        <tbody>
          {all.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.name}</th>
              <td>{one.load === "loaded" ? `${one.active} (${one.sub})` : one.load}</td>
              <td>{done(one, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function done(
  { restarts, gaveUp, failedSinceMs }: Pick<
    SystemView["units"][number],
    "restarts" | "gaveUp" | "failedSinceMs"
  >,
  nowMs: number,
): string {
  if (failedSinceMs === null) return "nothing was needed";
  const times = restarts === 1 ? "restarted once" : `restarted ${restarts} times`;
  const since = `since it failed ${ago(nowMs - failedSinceMs)}`;
  return `${times} ${since}${gaveUp ? "; that did not help, now tried every half hour" : ""}`;
}

function RestartCard(
  { names, host, state }: { names: readonly string[]; host: string; state: FormState },
): VNode {
  const sent = stateOf(state, "restart");
  return (
    <section class="card" aria-labelledby="restart-title">
      <h2 id="restart-title">Restart</h2>
      <p>A restart of Perch takes seconds; nothing that was acknowledged is lost.</p>
      <form method="post" action={`${PAGE}/restart`}>
        <FormError>{sent.errors.form ?? sent.errors.units}</FormError>
        <Select
          id="restart-unit"
          name="unit"
          label="What"
          options={[...names.map((name) => [name, name] as const), [ALL, "All of them"]]}
          value={sent.values.unit}
          error={sent.errors.unit}
        />
        <Proof id="restart" host={host} sent={sent} />
        <button type="submit">Restart it</button>
      </form>
    </section>
  );
}

function RebootCard(
  { parts, view: { lastReboot }, state }: {
    parts: SystemPageParts;
    view: SystemView;
    state: FormState;
  },
): VNode {
  const sent = stateOf(state, "reboot");
  return (
    <section class="card" aria-labelledby="reboot-title">
      <h2 id="reboot-title">Reboot this host</h2>
      <p>
        Everything on it ends and starts again, which takes a minute or two.
        {lastReboot !== null &&
          ` Perch rebooted it last at ${
            dateTime(lastReboot.at_ms, parts.zone)
          }: ${lastReboot.why}.`}
      </p>
      <form method="post" action={`${PAGE}/reboot`}>
        <FormError>{sent.errors.form}</FormError>
        <Proof id="reboot" host={parts.system.host} sent={sent} />
        <button type="submit" class="danger">Reboot it</button>
      </form>
    </section>
  );
}

/** The name of the host, the password and the code. */
function Proof(
  { id, host, sent }: {
    id: string;
    host: string;
    sent: Pick<FormState, "errors" | "values">;
  },
): VNode {
  return (
    <>
      <Field
        id={`${id}-host`}
        name="host"
        label="Name of the host"
        help={`Type ${host}: others may depend on it.`}
        error={sent.errors.host}
        value={sent.values.host}
        autocomplete="off"
        required
      />
      <ProofFields id={id} errors={sent.errors} />
    </>
  );
}

import type { VNode } from "preact";
import { z } from "zod";
import { HTTP_STATUS, PerchError } from "../../lib/base/errors.ts";
import { textOfFile } from "../../lib/base/table.ts";
import type { ImportPlan } from "../../lib/machines/exchange.ts";
import { countsOf } from "../../lib/machines/import_service.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { auditedBy } from "../http/caller.ts";
import { readMultipart } from "../http/multipart.ts";
import { Answer, Crumbs, Fact, Facts, Table } from "../frame/parts.tsx";
import { type RegistryServices, rowsOfText } from "./registry_api.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { FileField, FormError, Hidden } from "../frame/form.tsx";
import type { MachinePageParts } from "./request.ts";

const PAGE = "/machines/exchange";
/** Enough for some 15 000 sensors. */
const DOCUMENT_BYTES = 2_000_000;
const FORM_MORE_BYTES = 64 * 1024;
const CONFIRM_BYTES = 3 * DOCUMENT_BYTES;
const ERRORS_SHOWN = 50;

/** What an upload led to. */
interface Seen {
  /** The document as it was sent, to be confirmed. */
  text: string;
  plan: ImportPlan;
  done: boolean;
}

/** `/machines/exchange`: the registry as a document, out and in: looked at first, then confirmed. */
export function registryPages(parts: MachinePageParts): Route[] {
  const draw = (context: RouteContext, problem: string | null, seen: Seen | null, status = 200) =>
    parts.frame.answer(context.c, context.who, {
      title: "Import and export",
      place: "/machines",
      status,
      content: (
        <Content
          parts={parts}
          mayImport={atLeast(context.who!.role, "engineer")}
          problem={problem}
          seen={seen}
        />
      ),
    });
  const plan = async (context: RouteContext, read: () => string, confirm: boolean) => {
    try {
      const text = read();
      const rows = rowsOfText(text);
      const made = await parts.service.importRows(rows, confirm, auditedBy(parts.audit, context));
      const status = made.errors.length > 0 ? 400 : 200;
      return await draw(context, null, { text, plan: made, done: confirm }, status);
    } catch (error) {
      if (!(error instanceof PerchError)) throw error;
      return await draw(context, error.message, null, HTTP_STATUS[error.code]);
    }
  };
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      handler: (context) => draw(context, null, null),
    }),
    route({
      method: "post",
      path: PAGE,
      policy: "engineer",
      summary: null,
      maxBodyBytes: DOCUMENT_BYTES + FORM_MORE_BYTES,
      handler: async (context) => {
        try {
          const { file } = await readMultipart(context.c.req.raw, "document", DOCUMENT_BYTES);
          if (file === null) return await draw(context, "choose a file first", null, 400);
          return await plan(context, () => textOfFile(file.bytes), false);
        } catch (error) {
          if (!(error instanceof PerchError)) throw error;
          return await draw(context, error.message, null, HTTP_STATUS[error.code]);
        }
      },
    }),
    route({
      method: "post",
      path: `${PAGE}/confirm`,
      policy: "engineer",
      summary: null,
      maxBodyBytes: CONFIRM_BYTES,
      handler: async (context) => {
        const body = new URLSearchParams(await context.c.req.raw.text());
        const document = z.string().min(1).safeParse(body.get("document"));
        return document.success
          ? await plan(context, () => document.data, true)
          : draw(context, "upload the document again", null, 400);
      },
    }),
  ];
}

function Content(
  { parts, mayImport, problem, seen }: {
    parts: Pick<RegistryServices, "machines" | "sensors">;
    mayImport: boolean;
    problem: string | null;
    seen: Seen | null;
  },
): VNode {
  const [machines, sensors] = [parts.machines.all().length, parts.sensors.all().length];
  return (
    <>
      <Crumbs>
        <a href="/machines">Machines</a>
      </Crumbs>
      <Answer>{seen === null ? "Import and export" : answerOf(seen)}</Answer>
      {seen !== null && <Plan seen={seen} />}
      {mayImport && (
        <section class="card" aria-labelledby="import">
          <h2 id="import">Import</h2>
          <form method="post" action={PAGE} encType="multipart/form-data">
            <FormError>{problem && `Nothing was changed: ${problem}`}</FormError>
            <FileField
              name="document"
              label="Document"
              sent={problem === null ? undefined : ""}
              accept={["text/csv", "application/json", ".csv", ".json"]}
              help="CSV or JSON as exported here. Nothing is changed before you confirm; rows without a field leave it as it is."
            />
            <button type="submit">Preview</button>
          </form>
        </section>
      )}
      <section class="card" aria-labelledby="export">
        <h2 id="export">Export</h2>
        <p>
          {`${machines} machine${machines === 1 ? "" : "s"} and ${sensors} sensor${
            sensors === 1 ? "" : "s"
          } with names, tags, notes, units, limits and calibration; no readings.`}
        </p>
        <p class="links">
          <a href="/api/registry?format=csv" download>All as CSV</a>
          <a href="/api/registry?format=json" download="machines.json">All as JSON</a>
        </p>
      </section>
      <section class="card" aria-labelledby="template">
        <h2 id="template">Template for a second site</h2>
        <p>
          The same without notes and calibration, which belong to one site’s own devices: change the
          paths, and import it there.
        </p>
        <p class="links">
          <a href="/api/registry?format=csv&template=true" download>Template as CSV</a>
          <a href="/api/registry?format=json&template=true" download="template.json">
            Template as JSON
          </a>
        </p>
      </section>
    </>
  );
}

function answerOf({ plan, done }: Seen): string {
  const { errors } = plan;
  if (errors.length > 0) {
    return errors.length === 1
      ? "1 field is wrong; nothing was changed"
      : `${errors.length} fields are wrong; nothing was changed`;
  }
  const { machines, new_sensors, changed_sensors } = countsOf(plan);
  if (machines + new_sensors + changed_sensors === 0) {
    return "The document changes nothing: everything already matches";
  }
  return done ? "Imported" : "Nothing is changed yet";
}

function Plan({ seen }: { seen: Seen }): VNode {
  const { plan, done, text } = seen;
  const { machines, new_sensors, changed_sensors, same } = countsOf(plan);
  const changes = machines + new_sensors + changed_sensors;
  const good = plan.errors.length === 0;
  return (
    <section class="card" aria-labelledby="plan">
      <h2 id="plan">{done ? "What was changed" : "What the document would change"}</h2>
      <Facts figures>
        <Fact name="Machines">{machines}</Fact>
        <Fact name="New sensors">{new_sensors}</Fact>
        <Fact name="Changed sensors">{changed_sensors}</Fact>
        <Fact name="Unchanged">{same}</Fact>
      </Facts>
      {!good && <Errors plan={plan} />}
      {good && !done && changes > 0 && (
        <>
          <Names plan={plan} />
          <form method="post" action={`${PAGE}/confirm`}>
            <Hidden values={{ document: text }} />
            <button type="submit" class="primary">
              {changes === 1 ? "Import 1 change" : `Import ${changes} changes`}
            </button>
          </form>
        </>
      )}
      {done && (
        <p class="links">
          <a href="/machines">Machines</a>
          <a href="/sensors">Sensors</a>
        </p>
      )}
    </section>
  );
}

/** The first of what would be new or changed, by name. */
function Names({ plan }: { plan: ImportPlan }): VNode {
  const names = [
    ...plan.machines.map(({ path }) => path),
    ...plan.newSensors.map(({ name }) => `${name} (new)`),
    ...plan.sensors.map(({ sensor }) => sensor.name),
  ];
  const rest = names.length - ERRORS_SHOWN;
  return (
    <ul class="names">
      {names.slice(0, ERRORS_SHOWN).map((name) => <li key={name}>{name}</li>)}
      {rest > 0 && <li class="muted">{`and ${rest} more`}</li>}
    </ul>
  );
}

function Errors({ plan }: { plan: ImportPlan }): VNode {
  const rest = plan.errors.length - ERRORS_SHOWN;
  return (
    <Table label="What is wrong">
      <caption>
        {rest > 0 ? `The first ${ERRORS_SHOWN} of ${plan.errors.length}` : "What is wrong"}
      </caption>
      <thead>
        <tr>
          <th scope="col">Row</th>
          <th scope="col" class="text">Column</th>
          <th scope="col" class="text">What is wrong</th>
        </tr>
      </thead>
      <tbody>
        {plan.errors.slice(0, ERRORS_SHOWN).map(({ row, column, message }) => (
          <tr key={row + column}>
            <th scope="row">{row}</th>
            <td class="text">{column}</td>
            <td class="text wide">{message}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

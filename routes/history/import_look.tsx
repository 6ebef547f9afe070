import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { SiteToType } from "../../lib/transfer/import/confirm_site.ts";
import type { ReadableFile } from "../../lib/transfer/import/files.ts";
import { importOptionsSchema, type ImportPreview } from "../../lib/transfer/import/imports.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError, Hidden, Select } from "../frame/form.tsx";
import { formErrors } from "../http/form.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Answer, Empty, Table } from "../frame/parts.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { mappingOf, MappingTable, ROWS_MOST, rowsOf } from "./import_mapping.tsx";
import { OptionFields, optionsOfTexts, type Texts } from "./import_options.tsx";
import {
  ForeignNotice,
  ImportCrumbs,
  importHref,
  type ImportPageParts,
  PAGE,
} from "./import_parts.tsx";
import { INSPECT_MS, inspectFile, orderImport } from "./import_request.ts";

const LOOK = `${PAGE}/look`;
const texts = z.record(z.string().max(100), z.string().max(4_000));
const MOST_FORM_BYTES = 1024 * 1024;
const ROWS_SHOWN = 20;

/** What the page shows: a file as it was asked to be read, or why it cannot be. */
interface Looked {
  /** Null: it was not found, or is of no known format. */
  file: ReadableFile | null;
  site: SiteToType | null;
  preview: ImportPreview | null;
  /** By the option's name. */
  errors: Texts;
}

/** `/import/look`: what a file is, and what is to become of it. For admins. */
export function importLookPages(parts: ImportPageParts): Route[] {
  return [
    {
      ...route({
        method: "get",
        path: LOOK,
        policy: "admin",
        summary: null,
        query: texts,
        handler: (context) => draw(parts, context, context.query, NOTHING_SENT),
      }),
      bodyTimeoutMs: INSPECT_MS,
    },
    {
      ...formAction(
        `${PAGE}/count`,
        texts,
        async (given, context) => {
          const { file = "", format = "", options = "{}" } = given;
          const job = await orderImport(parts, context, file, {
            format,
            options: importOptionsSchema.parse(JSON.parse(options)),
            mapping: mappingOf(given),
            others: given.others === "skip" ? "skip" : "suggested",
            dry_run: true,
          }, { site: "", password: "" });
          return importHref(job);
        },
        (context, sent) => draw(parts, context, lookedBefore(sent.values), sent),
        "person:admin",
        MOST_FORM_BYTES,
      ),
      bodyTimeoutMs: INSPECT_MS,
    },
  ];
}

/** The address of the page that a form was sent from. */
function lookedBefore({ look = "" }: Texts): Texts {
  return Object.fromEntries(new URLSearchParams(look));
}

async function draw(
  parts: ImportPageParts,
  context: RouteContext,
  asked: Texts,
  sent: SentForm,
): Promise<Response> {
  const looked = await look(parts, asked);
  const failed = looked.preview === null || Object.keys(looked.errors).length > 0;
  return parts.frame.answer(context.c, context.who, {
    title: "Look into a file",
    place: "/more",
    status: sent.status === 200 && failed ? 400 : sent.status,
    content: <Content parts={parts} looked={looked} asked={asked} sent={sent} />,
  });
}

async function look(parts: ImportPageParts, asked: Texts): Promise<Looked> {
  const { file = "", format } = asked;
  const given = { ...optionsOfTexts(asked), ...(format ? { format } : {}) };
  try {
    return { ...await inspectFile(parts, file, given), errors: {} };
  } catch (error) {
    if (!(error instanceof PerchError) || error.code === "not_found") throw error;
    const errors = optionErrors(error);
    // What was typed is wrong: the form comes back with what Perch finds by itself.
    const found = Object.keys(given).length === 0
      ? null
      : await inspectFile(parts, file, {}).catch(() => null);
    return { ...(found ?? { file: null, site: null, preview: null }), errors };
  }
}

/** By the option's name; a sentence of its own rather than what only makes sense beside its field's name. */
function optionErrors(error: PerchError): Texts {
  const found = Object.entries(formErrors(error)).map(([path, text]) => [
    path.replace(/^options\./, ""),
    error.errors.length === 1 ? error.message : text,
  ]);
  return Object.fromEntries(found);
}

interface Shown {
  parts: ImportPageParts;
  looked: Looked;
  asked: Texts;
  sent: SentForm;
}

function Content({ parts, looked, asked, sent }: Shown): VNode {
  const { file, site, preview, errors } = looked;
  if (preview === null || file === null) {
    return (
      <>
        <ImportCrumbs />
        <Answer>This file cannot be imported as it is</Answer>
        {Object.values(errors).map((text) => <FormError key={text}>{text}</FormError>)}
        <Empty>
          <a href={PAGE}>Choose another file</a>
        </Empty>
      </>
    );
  }
  const isAsked = preview.questions.length > 0;
  return (
    <>
      <ImportCrumbs />
      <Answer>
        {Object.keys(errors).length > 0
          ? `${file.name} cannot be read like that`
          : isAsked
          ? `${file.name}: ${
            preview.questions.length === 1 ? "one question" : "some questions"
          } first`
          : `${file.name} can be imported`}
      </Answer>
      <ForeignNotice site={site} />
      <HowItIsRead looked={looked} preview={preview} asked={asked} file={file} />
      {!isAsked && Object.keys(errors).length === 0 && (
        <>
          <FirstRows preview={preview} zone={parts.zone} />
          <Series preview={preview} asked={asked} sent={sent} />
        </>
      )}
    </>
  );
}

function HowItIsRead(
  { looked, preview, asked, file }: {
    looked: Looked;
    preview: ImportPreview;
    asked: Texts;
    file: ReadableFile;
  },
): VNode {
  const { candidates, format, notes } = preview;
  const { errors } = looked;
  const options = candidates.map(({ id, title }) => [id, title] as const);
  return (
    <section class="card" aria-labelledby="read">
      <h2 id="read">How it is read</h2>
      <p class="muted">{`${file.name}, ${bytes(file.bytes)}`}</p>
      {notes.length > 0 && (
        <ul class="findings">{notes.map((note) => <li key={note}>{note}</li>)}</ul>
      )}
      <form method="get" action={LOOK}>
        <FormError>{errors.form ?? errors.options}</FormError>
        <Hidden values={{ file: asked.file ?? "" }} />
        <Select
          name="format"
          label="Format"
          help="As detected; choose another one if that is wrong."
          options={options.some(([id]) => id === format) ? options : [[format, format], ...options]}
          value={format}
          error={errors.format}
        />
        <OptionFields
          preview={{ ...preview, options: { ...preview.options, ...optionsOfTexts(asked) } }}
          errors={errors}
          zones={Intl.supportedValuesOf("timeZone")}
        />
        {preview.questions.length === 0 && <SeriesFields asked={asked} />}
        <button type="submit">Update the preview</button>
      </form>
    </section>
  );
}

/** Which series are listed, and where they go together. */
function SeriesFields({ asked }: { asked: Texts }): VNode {
  return (
    <>
      <Field
        name="q"
        label="Only series that hold"
        help="Text in the name of the series or of the sensor; empty: all of them."
        value={asked.q}
        autocomplete="off"
        required={false}
      />
      <Field
        name="machine"
        label="All of them at one machine"
        help="Path of the machine, such as hall-1/press-3; empty: as suggested."
        value={asked.machine}
        autocomplete="off"
        required={false}
      />
    </>
  );
}

function FirstRows({ preview, zone }: { preview: ImportPreview; zone: string }): VNode {
  const rows = preview.rows.slice(0, ROWS_SHOWN);
  return (
    <section class="card" aria-labelledby="rows">
      <h2 id="rows">First readings</h2>
      {rows.length === 0
        ? <Empty>None was found in the first rows.</Empty>
        : (
          <Table label="Readings in the first rows">
            <caption>{`Times in ${zone}`}</caption>
            <thead>
              <tr>
                <th scope="col" class="text">Time</th>
                <th scope="col" class="text">Series</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, tMs, value, unit }, n) => (
                <tr key={n}>
                  <td>
                    <time dateTime={new Date(tMs).toISOString()}>{dateTime(tMs, zone)}</time>
                  </td>
                  <td class="text series">{key}</td>
                  <td>{unit === null ? String(value) : `${value} ${unit}`}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
    </section>
  );
}

function Series(
  { preview, asked, sent }: Omit<Shown, "looked" | "parts"> & { preview: ImportPreview },
): VNode {
  const rows = rowsOf(preview, asked);
  const { errors, values } = sent;
  const others = values.others ?? (asked.q ? "skip" : "suggested");
  return (
    <section class="card" aria-labelledby="series">
      <h2 id="series">What becomes of it</h2>
      <form method="post" action={`${PAGE}/count`}>
        <FormError>{errors.form ?? errors.file ?? errors.format ?? errors.options}</FormError>
        <Hidden
          values={{
            file: asked.file ?? "",
            format: preview.format,
            options: JSON.stringify(preview.options),
            look: new URLSearchParams(asked).toString(),
          }}
        />
        {rows.length === 0 ? <p>No series in the first rows holds that text.</p> : (
          <MappingTable
            rows={rows}
            values={values}
            errors={errors}
          />
        )}
        {rows.length > ROWS_MOST && (
          <p class="muted">
            {`${
              rows.length - ROWS_MOST
            } more are not shown: filter them, or map them in a file for `}
            <code>perch import --map-file</code>.
          </p>
        )}
        <Select
          name="others"
          label="Series that are not listed here"
          help="The list is made from the first rows; more may come later in the file."
          options={[["suggested", "become what their name suggests"], ["skip", "are left out"]]}
          value={others}
          error={errors.others}
        />
        <p>
          First all of it is read and counted; nothing is stored by that. What would be stored is
          shown then, and asked for once more.
        </p>
        <button type="submit" class="primary">Read and count it</button>
      </form>
    </section>
  );
}

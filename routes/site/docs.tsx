import type { VNode } from "preact";
import { type Operation, TryOperation } from "../../islands/try_operation.tsx";
import { ListFilter } from "../frame/list_filter.tsx";
import { Answer, Chip, Chips, UnderMore } from "../frame/parts.tsx";
import { matching } from "../../lib/words/matching.ts";
import { z } from "zod";
import { FORM, openapiDocument } from "./openapi.ts";
import { type Route, route } from "../http/route.ts";
import { Island } from "../frame/island.tsx";
import type { PageFrame } from "../frame/layout.tsx";

export interface DocsServices {
  frame: PageFrame;
  routes: () => readonly Route[];
  version: string;
  publicUrl: string | null;
}

// The document is JSON of our own making; its shape is OpenAPI's.
// deno-lint-ignore no-explicit-any
type Json = any;

/** `/docs`: the API document to read, and to call for those who are signed in. Nothing comes from elsewhere. */
export function docsPage(services: DocsServices): Route {
  let content: Omit<ContentProps, "mayCall" | "q"> | null = null;
  return route({
    method: "get",
    path: "/docs",
    policy: "public",
    summary: null,
    query: z.object({ q: z.string().max(200).optional().catch(undefined) }).loose(),
    handler: ({ c, who, query }) => {
      content ??= contentOf(openapiDocument(services.routes(), services));
      return services.frame.answer(c, who, {
        title: "API",
        place: "/more",
        script: "docs",
        content: <Content {...content} mayCall={who !== null} q={query.q ?? ""} />,
      });
    },
  });
}

interface ContentProps {
  document: Json;
  all: One[];
  mayCall: boolean;
  q: string;
}

const contentOf = (document: Json) => ({ document, all: operationsOf(document) });

function Content({ document, all, mayCall, q }: ContentProps): VNode {
  // All of them are on the page: in the browser the filter widens again.
  const fits = new Set(matching(all, q, textsOf));
  const tags: string[] = document.tags.map(({ name }: { name: string }) => name);
  const groups = tags.map((name) => {
    const operations = all.filter(({ spec }) => spec.tags.includes(name));
    return { name, operations, isEmpty: !operations.some((one) => fits.has(one)) };
  });
  return (
    <>
      <UnderMore />
      <Answer>
        {q.trim() === ""
          ? `${all.length} operations, Perch ${document.info.version}`
          : `${fits.size} of ${all.length} operations`}
      </Answer>
      <p>
        {document.info.description.replaceAll("`", "")} The same as{" "}
        <a href="/openapi.json">OpenAPI 3.1</a> for generators.
        {!mayCall && " Sign in to call them from here."}
      </p>
      <ListFilter
        path="/docs"
        value={q}
        rows="details.operation"
        label="Filter operations by what they do or their path"
        placeholder="What it does, or its path"
      />
      <Chips label="Index">
        {tags.toSorted().map((name) => (
          <Chip key={name} href={`#tag-${slug(name)}`} on={false}>{name}</Chip>
        ))}
      </Chips>
      {groups.map(({ name, operations, isEmpty }) => (
        <section class="card" key={name} aria-label={name} hidden={isEmpty}>
          <details class="operations" data-group open={q.trim() !== ""}>
            <summary>
              <h2>{name}</h2> <span class="muted">{operations.length}</span>
            </summary>
            {/* Browsers open what they go to: the index leads to what is folded. */}
            <div id={`tag-${slug(name)}`}>
              {operations.map((one) => (
                <OperationDetails
                  key={one.spec.operationId}
                  {...one}
                  mayCall={mayCall}
                  hidden={!fits.has(one)}
                />
              ))}
            </div>
          </details>
        </section>
      ))}
    </>
  );
}

interface One {
  path: string;
  method: string;
  spec: Json;
}

function operationsOf(document: Json): One[] {
  const paths = Object.entries(document.paths as Record<string, Record<string, Json>>);
  return paths.flatMap(([path, { parameters = [], ...methods }]) =>
    Object.entries(methods).map(([method, spec]) => ({
      path,
      method,
      spec: {
        ...spec,
        parameters: [...parameters, ...(spec.parameters ?? [])].map((one: Json) => {
          const parameter = found(document, one);
          return { ...parameter, schema: found(document, parameter.schema) };
        }),
        responses: Object.fromEntries(
          Object.entries(spec.responses).map((
            [status, answer],
          ) => [status, found(document, answer)]),
        ),
      },
    }))
  );
}

/** What stands in the components, where it is a reference; words beside a reference win. */
function found(document: Json, { $ref, ...own }: Json): Json {
  if ($ref === undefined) return own;
  const names: string[] = $ref.slice("#/".length).split("/");
  return { ...names.reduce((at, name) => at[name], document), ...own };
}

const slug = (text: string) => text.toLowerCase().replace(/\W+/g, "-");

/** What an operation is found by. */
const textsOf = ({ path, method, spec }: One) => [
  ...[spec.summary, `${method} ${path}`, spec.tags.join(" ")],
];

function OperationDetails(
  { hidden, mayCall, ...one }: One & { mayCall: boolean; hidden: boolean },
): VNode {
  const { path, method, spec } = one;
  const parameters: Json[] = spec.parameters;
  return (
    <details
      class="operation"
      id={spec.operationId}
      data-found={textsOf(one).join(" ")}
      hidden={hidden}
    >
      <summary>
        <code>{`${method.toUpperCase()} ${path}`}</code> <span>{spec.summary}</span>
      </summary>
      <p class="muted">{spec.description.replaceAll("`", "")}</p>
      {parameters.length > 0 && <Parameters list={parameters} />}
      {Object.entries(spec.requestBody?.content ?? {}).map(([type, content]) => (
        <Body key={type} type={type} content={content} />
      ))}
      <Answers responses={spec.responses} />
      {mayCall && (
        <Island
          name="TryOperation"
          component={TryOperation}
          props={{ operation: callOf({ path, method, spec }) }}
        />
      )}
    </details>
  );
}

function Parameters({ list }: { list: Json[] }): VNode {
  return (
    <dl class="parameters">
      {list.map((parameter) => (
        <div key={parameter.name}>
          <dt>
            <code>{parameter.name}</code>
          </dt>
          <dd>
            {[
              parameter.required ? "required" : "optional",
              typeOf(parameter.schema),
              parameter.description,
              parameter.schema.description,
            ].filter(Boolean).join(", ")}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** `integer 1…500`, `"a" or "b"`, `text`. */
function typeOf(schema: Json): string {
  if (schema.enum) return schema.enum.map((v: unknown) => JSON.stringify(v)).join(" or ");
  const range = schema.minimum === undefined && schema.maximum === undefined
    ? ""
    : ` ${schema.minimum ?? ""}…${schema.maximum ?? ""}`;
  return `${schema.type ?? ""}${range}`.trim();
}

function Body({ type, content }: { type: string; content: Json }): VNode {
  return (
    <>
      <p>{`Body, ${type}`}</p>
      {content.example !== undefined && (
        <pre tabIndex={0}><code>{exampleText(type, content.example)}</code></pre>
      )}
    </>
  );
}

function Answers({ responses }: { responses: Record<string, Json> }): VNode {
  return (
    <dl class="parameters">
      {Object.entries(responses).map(([status, { description }]) => (
        <div key={status}>
          <dt>
            <code>{status}</code>
          </dt>
          <dd>{description}</dd>
        </div>
      ))}
    </dl>
  );
}

function callOf({ path, method, spec }: One): Operation {
  const [type, content] = Object.entries(spec.requestBody?.content ?? {})[0] as [string, Json] ??
    [null, null];
  return {
    id: spec.operationId,
    method,
    path,
    parameters: spec.parameters.map((p: Json) => ({
      name: p.name,
      in: p.in,
      required: p.required,
      example: String(p.example ?? ""),
    })),
    body: type === null ? null : { type, example: exampleText(type, content.example) },
  };
}

function exampleText(type: string, example: unknown): string {
  if (example === undefined) return "";
  if (type === FORM) return new URLSearchParams(example as Record<string, string>).toString();
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}

import type { Json } from "./openapi_composing.ts";

type Operation = Json & { parameters?: Json[]; requestBody?: Json; responses: Json };
type Paths = Record<string, Record<string, Operation>>;
type Shared = Record<string, Json>;

const METHODS = ["get", "post", "patch", "put", "delete"];

/**
 * Writes once what the operations of a document have in common: parameters that all methods of a path take
 * stand on the path; parameters, bodies and answers that occur several times are components.
 */
export function shareAmongOperations(document: Json): void {
  const paths = document.paths as Paths;
  const components = document.components as Record<string, Shared>;
  const { parameters, responses } = components;
  for (const item of Object.values(paths)) parametersOnPath(item);
  shareParameters(paths, parameters);
  const bodies: Shared = {};
  shareBodies(paths, bodies);
  if (Object.keys(bodies).length > 0) components.requestBodies = bodies;
  shareAnswers(paths, responses);
}

function parametersOnPath(item: Record<string, Operation>): void {
  const operations = Object.values(item);
  if (operations.length < 2) return;
  const [first, ...rest] = operations.map(({ parameters = [] }) => parameters.map(text));
  const common = first.filter((one) => rest.every((others) => others.includes(one)));
  if (common.length === 0) return;
  for (const operation of operations) {
    const own = operation.parameters!.filter((one) => !common.includes(text(one)));
    if (own.length > 0) operation.parameters = own;
    else delete operation.parameters;
  }
  Object.assign(item, { parameters: common.map((one) => JSON.parse(one)) });
}

function shareParameters(paths: Paths, shared: Shared): void {
  // Of operations and of paths, which hold theirs beside the methods.
  const holders = Object.values(paths).flatMap((item) => [item, ...operationsOf(item)]) as {
    parameters?: Json[];
  }[];
  const names = named(
    holders.flatMap(({ parameters }) => parameters ?? []),
    (one) => pascal(String(one.name)),
    shared,
  );
  for (const holder of holders) {
    if (!holder.parameters) continue;
    holder.parameters = holder.parameters.map((one) => referred(one, names, "parameters"));
  }
}

function shareBodies(paths: Paths, shared: Shared): void {
  const operations = Object.values(paths).flatMap(operationsOf)
    .filter(({ requestBody }) => requestBody !== undefined);
  const names = named(
    operations.map(({ requestBody }) => requestBody!),
    (one) => pascal(/schemas\/(\w+)/.exec(text(one))?.[1] ?? "Body"),
    shared,
  );
  for (const operation of operations) {
    operation.requestBody = referred(operation.requestBody!, names, "requestBodies");
  }
}

function shareAnswers(paths: Paths, shared: Shared): void {
  const operations = Object.values(paths).flatMap(operationsOf);
  const names = named(
    operations.flatMap(({ responses }) => Object.values(responses) as Json[]),
    (one) => pascal(/schemas\/(\w+)/.exec(text(one))?.[1] ?? firstWords(String(one.description))),
    shared,
  );
  for (const [name, one] of Object.entries(shared)) shared[name] = written(one, shared);
  for (const operation of operations) {
    operation.responses = Object.fromEntries(
      Object.entries(operation.responses).map(([status, answer]) => [
        status,
        referred(answer as Json, names, "responses"),
      ]),
    );
  }
}

/** Names for what occurs more than once and is worth one; adds them to the components. */
function named(all: Json[], nameOf: (one: Json) => string, shared: Shared): Map<string, string> {
  const times = new Map<string, number>();
  for (const one of all) {
    if (!isBareReference(one)) times.set(text(one), (times.get(text(one)) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  for (const [json, count] of times) {
    // A component costs its name and each place a reference of about 50 characters.
    if (count * json.length < json.length + 20 + count * 50) continue;
    const one = JSON.parse(json);
    const plain = nameOf(one);
    let name = plain;
    for (let n = 2; shared[name] !== undefined; n++) name = `${plain}${n}`;
    shared[name] = one;
    names.set(json, name);
  }
  return names;
}

/** With a description of its own, a reference is worth sharing like anything else. */
const isBareReference = (one: Json) => one.$ref !== undefined && Object.keys(one).length === 1;

function referred(one: Json, names: Map<string, string>, kind: string): Json {
  const name = names.get(text(one));
  return name === undefined ? one : { $ref: `#/components/${kind}/${name}` };
}

/** A component that is a reference with its own description, written out: generated clients do not follow two. */
function written({ $ref, ...own }: Json, shared: Shared): Json {
  const name = /[^/]+$/.exec(String($ref))?.[0];
  return $ref === undefined ? own : { ...shared[name!], ...own };
}

/** What a name can be made of. */
const firstWords = (sentence: string) => sentence.split(/[;,.:(]/)[0];

const text = (json: unknown) => JSON.stringify(json);

function operationsOf(item: Record<string, unknown>): Operation[] {
  return METHODS.flatMap((method) => item[method] === undefined ? [] : [item[method] as Operation]);
}

/** `sensor_id` → `SensorId`. */
function pascal(name: string): string {
  return name.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, __, letter) => letter.toUpperCase());
}

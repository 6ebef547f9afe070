/** What Perch uses of zod: see `late.ts`. */
import * as zod from "zod-itself";
import { lately, made } from "./late.ts";

export type * from "zod-itself";
export {
  core,
  NEVER,
  registry,
  ZodArray,
  ZodDefault,
  ZodError,
  ZodNullable,
  ZodObject,
  ZodOptional,
  ZodPipe,
  ZodPrefault,
  ZodReadonly,
} from "zod-itself";

export const array = lately(zod.array);
export const boolean = lately(zod.boolean);
export const coerce = { number: lately(zod.coerce.number) };
export const custom = lately(zod.custom);
export const discriminatedUnion = lately(zod.discriminatedUnion);
export const email = lately(zod.email);
export const int = lately(zod.int);
export const intersection = lately(zod.intersection);
export const iso = { date: lately(zod.iso.date), datetime: lately(zod.iso.datetime) };
export const literal = lately(zod.literal);
export const looseObject = lately(zod.looseObject);
export const number = lately(zod.number);
export const object = lately(zod.object);
export const record = lately(zod.record);
export const strictObject = lately(zod.strictObject);
export const string = lately(zod.string);
export const stringbool = lately(zod.stringbool);
export const tuple = lately(zod.tuple);
export const union = lately(zod.union);
export const unknown = lately(zod.unknown);
export const url = lately(zod.url);
const anEnum = lately(zod.enum);
const aNull = lately(zod.null);
export { anEnum as enum, aNull as null };

/** The JSON Schema of a schema. */
export const toJSONSchema: typeof zod.toJSONSchema =
  ((schema: unknown, ...rest: [never]) => zod.toJSONSchema(made(schema), ...rest)) as never;

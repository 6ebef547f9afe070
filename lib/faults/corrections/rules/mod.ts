/** All rules, those first that know most about their kind of fault. */
import { NO_FUNCTION } from "./calls.ts";
import { CONSTANTS, DECLARED_TWICE } from "./constants.ts";
import { EXPORTED_NAME, MISSING_EXPORT } from "./exports.ts";
import { JSON_GUARD } from "./json_guard.ts";
import { MISSING_RETURN } from "./missing_return.ts";
import { MISSING_VALUE } from "./missing_value.ts";
import { UNKNOWN_NAME } from "./names.ts";
import { MISSPELT_PROPERTY } from "./properties.ts";
import type { Rule } from "./rule.ts";
import { ANSWER_SHAPE } from "./shape.ts";
import { SYNTAX } from "./syntax.ts";

export const RULES: readonly Rule[] = [
  DECLARED_TWICE,
  EXPORTED_NAME,
  SYNTAX,
  MISSING_EXPORT,
  UNKNOWN_NAME,
  CONSTANTS,
  MISSPELT_PROPERTY,
  NO_FUNCTION,
  JSON_GUARD,
  MISSING_VALUE,
  MISSING_RETURN,
  ANSWER_SHAPE,
];

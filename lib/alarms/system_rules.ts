/**
 * Rules about Perch itself. Each judges the facts of the moment; what cannot be known yet is null and is
 * not judged. **A new rule** is an entry in one of these tables and, where needed, a field in `SystemFacts`. What there
 * may be several of (programs, sources) is judged one by one, so that each has an alarm of its own.
 */
import { DELIVERY_RULES } from "./delivery_rules.ts";
import { HOST_RULES } from "./host_rules.ts";
import { SOURCE_RULES } from "./source_rules.ts";
import type { SystemRule } from "./judgement.ts";

export const SYSTEM_RULES: readonly SystemRule[] = [
  ...DELIVERY_RULES,
  ...SOURCE_RULES,
  ...HOST_RULES,
];

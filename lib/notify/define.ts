import type { z } from "zod";
import { type FieldError, messageOf } from "../base/errors.ts";
import { OutgoingError } from "../base/outgoing.ts";
import { Secret } from "../base/secret.ts";
import { cleanAnswer } from "./answer.ts";
import type {
  Channel,
  ChannelEnvironment,
  ChannelLimits,
  GreetContext,
  Outcome,
  SendContext,
} from "./channel.ts";
import type { Message } from "./message.ts";
import { secretNames } from "../base/options.ts";

/** A channel as its file writes it. */
export interface ChannelDefinition<S extends z.ZodObject> {
  kind: string;
  title: string;
  about: string;
  options: S;
  /** Default true. */
  forPeople?: boolean;
  /** Default false. */
  toPersons?: boolean;
  /** Default false. */
  ownDevices?: boolean;
  /** Default false. */
  showsPictures?: boolean;
  /** Default false. */
  attachesFiles?: boolean;
  /** Default: no least interval, 15 s for a try. */
  limits?: Partial<ChannelLimits>;
  inEnvironment?: Channel["inEnvironment"];
  start?: Channel["start"];
  /** `path` is the name of an option. */
  fault?(options: z.output<S>, environment: ChannelEnvironment): FieldError | null;
  /** What contradicts itself is not taken; where it was taken before, it goes on. `path` is the name of an option. */
  refused?(options: z.output<S>): FieldError | null;
  prepare?: Channel["prepare"];
  /** May throw anything. */
  greet?(options: z.output<S>, context: GreetContext): Promise<void>;
  /**
   * Sends once. May throw: an OutgoingError `invalid` or `forbidden` is a failure for good, all else is tried
   * again. Answers need not be bounded or cleaned.
   */
  send(options: z.output<S>, message: Message, context: SendContext): Promise<Outcome>;
}

const LIMITS: ChannelLimits = { intervalMs: 0, timeoutMs: 15_000 };
const ENDED: Outcome = {
  state: "retry",
  answer: "the attempt was cancelled before there was an answer",
};

/** Makes a channel that keeps its promises: it never throws, and its answers are short and hold no secrets. */
export function defineChannel<S extends z.ZodObject>(definition: ChannelDefinition<S>): Channel {
  const { options: schema, send, greet, limits, fault, refused, ...named } = definition;
  return {
    forPeople: true,
    toPersons: false,
    ...named,
    options: schema,
    limits: { ...LIMITS, ...limits },
    fault(stored, environment) {
      const parsed = schema.safeParse(stored);
      return parsed.success ? fault?.(parsed.data, environment) ?? null : null;
    },
    refused: (given) => refused?.(schema.parse(given)) ?? null,
    ...greet && {
      async greet(stored: unknown, context: GreetContext) {
        const options = schema.parse(stored);
        try {
          await greet(options, context);
        } catch (error) {
          throw new Error(
            cleanAnswer(messageOf(error), secretsIn(schema, options, context.environment)),
          );
        }
      },
    },
    async send(stored, message, context) {
      const parsed = schema.safeParse(stored);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const answer =
          `the channel's settings are no longer valid: ${issue.path}: ${issue.message}`;
        return { state: "failed", answer };
      }
      const outcome = await send(parsed.data, message, context).catch((error) =>
        context.signal.aborted ? ENDED : outcomeOfError(error)
      );
      const secrets = secretsIn(schema, parsed.data, context.environment);
      return { ...outcome, answer: cleanAnswer(outcome.answer, secrets) };
    },
  };
}

function outcomeOfError(error: unknown): Outcome {
  const forGood = error instanceof OutgoingError &&
    (error.fault === "invalid" || error.fault === "forbidden");
  return { state: forGood ? "failed" : "retry", answer: messageOf(error) };
}

/** Every secret that an answer could repeat. */
function secretsIn(schema: z.ZodObject, options: Record<string, unknown>, environment: object) {
  const own = secretNames(schema).map((name) => options[name]).filter((v) => typeof v === "string");
  return [...own as string[], ...revealed(environment)];
}

function revealed(value: unknown): string[] {
  if (value instanceof Secret) return [value.reveal()];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(revealed);
}

import type { Clock } from "../base/clock.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import { dayOf } from "../words/days.ts";
import { grouped } from "../words/numbers.ts";
import type { Usage, UsageStore } from "./usage_store.ts";

/** The tokens of a day of the site's zone: reserved before a question, settled by what the service counted. */
export interface Budget {
  /** Null: they are not there, and `why` says so. Whoever gets a hold settles it, whatever happens. */
  reserve(tokens: number, leave: number): Promise<Hold | { why: string }>;
  today(): Promise<Today>;
}

export interface Hold {
  /** `tokens` were used of it by `model`. */
  settle(model: string, tokens: number): Promise<void>;
}

export interface Today {
  day: string;
  /** When the next day begins. */
  untilMs: number;
  limit: number;
  calls: number;
  tokens: number;
  /** Of questions that are on their way. */
  reserved: number;
  models: Usage[];
}

export interface BudgetDeps {
  db: Pick<Database, "write">;
  clock: Pick<Clock, "now">;
  store: UsageStore;
  /** The site's time zone. */
  zone: () => string;
  /** Tokens a day. */
  limit: () => number;
}

/** The database keeps what was used; what is reserved is gone with the process that asked. */
export function createBudget({ db, clock, store, zone, limit }: BudgetDeps): Budget {
  const turns = createTurns();
  let reserved = 0;

  async function today(): Promise<Today> {
    const { name: day, toMs: untilMs } = dayOf(clock.now(), zone());
    const models = await store.of(day);
    const sum = (of: "calls" | "tokens") => models.reduce((total, one) => total + one[of], 0);
    const [calls, tokens] = [sum("calls"), sum("tokens")];
    return { day, untilMs, limit: limit(), calls, tokens, reserved, models };
  }

  return {
    today,
    reserve: (wanted, leave) =>
      turns(async () => {
        const { tokens, limit } = await today();
        if (tokens + reserved + wanted > limit - leave) {
          const spent = `${grouped(tokens)} of the ${grouped(limit)} tokens of today are used`;
          const why = leave > 0 && tokens + reserved + wanted <= limit
            ? `${spent}; what is left is kept for what people ask.`
            : `${spent}, and this question may take ${grouped(wanted)}.`;
          return { why };
        }
        reserved += wanted;
        return {
          settle: (model, used) =>
            turns(async () => {
              try {
                await db.write([store.add(dayOf(clock.now(), zone()).name, model, used)]);
              } finally {
                reserved -= wanted;
              }
            }),
        };
      }),
  };
}

import assert from "node:assert/strict";
import { createRandom } from "../../sim/random.ts";
import { type Pair, PAIRS } from "../support/same_moment/pairs.ts";
import { openWorld, type World } from "../support/same_moment/world.ts";
import { sabotaged } from "../support/sabotage.ts";

/**
 * Two people change the same thing in the same moment. Their requests go through the whole application; every
 * call to the database waits a seeded number of turns before and after it, so that the two mix in many ways.
 * Control: SABOTAGE=no-compare takes the comparison out of the transactions.
 */
const N = Deno.env.get("SAME_MOMENT_N");
/** Without a number: the pairs that are met most, and the others. */
const OFTEN = 200, SELDOM = 20;
const SEED = Number(Deno.env.get("SAME_MOMENT_SEED") ?? 1);

async function sabotage(world: World): Promise<void> {
  await world.parts.storage.db.write([
    { sql: "drop trigger unchanged_since_check" },
    {
      sql: "create trigger unchanged_since_check instead of insert on unchanged_since " +
        "begin select 1; end",
    },
  ]);
}

/** Rows of the audit log after `id`, by who wrote them. */
async function audited(world: World, id: number): Promise<Set<string>> {
  const { rows } = await world.parts.storage.db.query({
    sql: "select actor_name from audit where id > ?",
    args: [id],
  });
  return new Set(rows.map(([name]) => String(name)));
}

async function newestRow(world: World): Promise<number> {
  const sql = "select coalesce(max(id), 0) from audit";
  return Number((await world.parts.storage.db.query({ sql })).rows[0][0]);
}

async function interleave(world: World, pair: Pair): Promise<void> {
  const times = N === undefined ? pair.often ? OFTEN : SELDOM : Number(N);
  const next = await pair.prepare(world, times);
  const random = createRandom(SEED, pair.name).uniform;
  for (let n = 0; n < times; n++) {
    const [first, second] = await next();
    const said = `${pair.name}, interleaving ${n} of seed ${SEED}`;
    const before = await newestRow(world);
    const [one, other] = random() < 0.5 ? ["Ada", "Ben"] as const : ["Ben", "Ada"] as const;
    const begin = [() => first(world, one), () => second(world, other)];
    const swapped = random() < 0.5;
    world.mix(Math.floor(random() * 2 ** 31));
    const running = (swapped ? begin.reverse() : begin).map((run) => run());
    const answers = await Promise.all(running);
    world.mix(null);
    const shown = `${said}: ${JSON.stringify(answers)}`;
    const won = answers.filter(({ status }) => status < 300);
    if (pair.both) {
      assert.equal(won.length, 2, shown);
      continue;
    }
    assert.equal(won.length, 1, shown);
    const lost = answers.find(({ status }) => status >= 300)!;
    assert.equal(lost.status, 409, shown);
    const { detail, code } = lost.body as { detail: string; code: string };
    assert.equal(code, "conflict", shown);
    assert.ok(detail.includes(won[0].by), `${shown} does not name ${won[0].by}`);
    assert.match(detail, /\d\d:\d\d:\d\d|\d+ s ago/, shown);
    if (won[0].by === lost.by) continue;
    const names = await audited(world, before);
    assert.ok(names.has(won[0].by) && !names.has(lost.by), `${said}: audited ${[...names]}`);
  }
}

/** A Perch has at most 1 000 people, also deleted ones: with many interleavings a few pairs each. */
const PAIRS_PER_WORLD = N === undefined ? PAIRS.length : 4;

Deno.test("same moment: of two changes of one thing one wins, the other is told who was faster", async (t) => {
  for (let from = 0; from < PAIRS.length; from += PAIRS_PER_WORLD) {
    const world = await openWorld();
    try {
      if (sabotaged("no-compare")) await sabotage(world);
      for (const pair of PAIRS.slice(from, from + PAIRS_PER_WORLD)) {
        await t.step(pair.name, () => interleave(world, pair));
      }
    } finally {
      await world.close();
    }
  }
});

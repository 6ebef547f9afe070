/**
 * `deno task test`: all tests, and at the end what took longest. Tests that stand beside their code run side by
 * side, as they share nothing; browsers, ways through the product and faults two at a time (`TEST_JOBS` says how
 * many), as they often wait; those of `tests/load` measure how others are served meanwhile, want the host for
 * themselves, and run one after the other. Arguments (paths, `--filter`) go to `deno test` as they are, in one pass.
 * Types are checked by `deno task check`.
 */
const SIDE_BY_SIDE = ["lib", "routes", "islands", "sim"];
const ONE_BY_ONE = "tests/load";
/** Has a task of its own: it needs the binaries. */
const IGNORED = "tests/binary";
const SLOWEST = 20;
const JOBS = Deno.env.get("TEST_JOBS") ?? "2";
/** A run that takes longer hangs in one of its tests, which it has named by then; it is ended, and counts as failed. */
const LONGEST_MS = 60 * 60_000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface Took {
  name: string;
  seconds: number;
}

interface Pass {
  passed: number;
  failed: number;
  took: Took[];
}

const startedMs = performance.now();
const passes = Deno.args.length > 0 ? [await run(Deno.args)] : [
  await run(["--parallel", ...SIDE_BY_SIDE]),
  await run(["--parallel", `--ignore=${IGNORED},${ONE_BY_ONE}`, "tests"], { DENO_JOBS: JOBS }),
  await run([ONE_BY_ONE]),
];
const passed = sum(passes.map((one) => one.passed));
const failed = sum(passes.map((one) => one.failed));
const took = passes.flatMap((one) => one.took).sort((a, b) => b.seconds - a.seconds);
console.log(`\nThe ${SLOWEST} slowest:`);
for (const { name, seconds } of took.slice(0, SLOWEST)) {
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${name}`);
}
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
const verdict = failed === 0 ? "ok" : "FAILED";
console.log(`\n${verdict} | ${passed} passed | ${failed} failed (${minutes} min)`);
Deno.exit(failed === 0 ? 0 : 1);

/** One run of `deno test`; a run that ended badly without a failed test counts as one. */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Pass> {
  const report = await Deno.makeTempFile({ prefix: "perch-tests-", suffix: ".xml" });
  const tests = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", `--junit-path=${report}`, ...args],
    env,
  }).spawn();
  // Who ends this ends the tests as well.
  const end = () => tests.kill("SIGTERM");
  for (const signal of SIGNALS) Deno.addSignalListener(signal, end);
  const patience = setTimeout(() => {
    console.error(`\nEnded: ${args.join(" ")} took over ${LONGEST_MS / 60_000} minutes`);
    end();
  }, LONGEST_MS);
  try {
    const { success } = await tests.status;
    const pass = read(await Deno.readTextFile(report));
    return success || pass.failed > 0 ? pass : { ...pass, failed: 1 };
  } finally {
    clearTimeout(patience);
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, end);
    await Deno.remove(report);
  }
}

/** Reads what `deno test --junit-path` writes: a line for each test case, failure and skipped one. */
function read(xml: string): Pass {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)" [^>]*time="([\d.]+)"/g)];
  const failed = [...xml.matchAll(/<(failure|error)\b/g)].length;
  const skipped = [...xml.matchAll(/<skipped\b/g)].length;
  return {
    passed: cases.length - failed - skipped,
    failed,
    took: cases.map(([, name, seconds]) => ({ name: plain(name), seconds: Number(seconds) })),
  };
}

function plain(text: string): string {
  const signs: Record<string, string> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };
  return text.replaceAll(/&(quot|apos|lt|gt|amp);/g, (_, name) => signs[name]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

import assert from "node:assert/strict";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { runPerch } from "./run.ts";
import { COMMANDS } from "./commands/mod.ts";

const command: Command = {
  name: "set",
  summary: "",
  words: [{ name: "NAME", help: "" }, { name: "VALUE", help: "", optional: true }],
  options: { hours: { type: "string", help: "" }, loud: { type: "boolean", help: "" } },
  run: () => Promise.resolve(0),
};
const parse = (...args: string[]) => parseCommand(["set", ...args], [command]).flags;

Deno.test("a number below zero is a value of an option, or a word, like any other", () => {
  assert.equal(parse("a", "--hours", "-6h").text("hours"), "-6h");
  assert.equal(parse("a", "--hours=-.5", "--loud").text("hours"), "-.5");
  for (const args of [["a", "-5", "--loud"], ["a", "--loud", "-5"], ["--loud", "--", "a", "-5"]]) {
    const flags = parse(...args);
    assert.deepEqual([flags.word("VALUE"), flags.has("loud")], ["-5", true], args.join(" "));
  }
  assert.throws(() => parse("a", "--hours", "-1").number("hours", 0, 5), {
    message: '--hours is "-1": give a number from 0 to 5',
  });
});

Deno.test("what is not understood is said in a sentence about what was typed", () => {
  const refused: [string[], RegExp][] = [
    [["a", "--hours"], /^--hours needs a value/],
    [["a", "--hours", "--loud"], /^--hours needs a value/],
    [["a", "--hours", "-x"], /^--hours needs a value \(--hours=… where it begins with a dash\)/],
    [["a", "-x"], /^Unknown option '-x'/],
    [["a", "b", "-5"], /^"-5" is one word too many/],
    [["--loud"], /^NAME is missing/],
    [["a", "--constructor", "x"], /^Unknown option '--constructor'/],
  ];
  for (const [args, said] of refused) {
    assert.throws(() => parse(...args), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, said);
      return true;
    });
  }
});

Deno.test("--help on the first word of several commands lists them, and is no mistake", async () => {
  const run = async (...args: string[]) => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const terminal = { out: say, err: say, isPerson: false, isKeyboard: false };
    const host = { terminal: { ...terminal, input: () => Promise.resolve("") }, env: {}, cwd: "/" };
    return { code: await runPerch(args, host), said: said.join("\n") };
  };
  for (const word of ["key", "user", "settings", "backup"]) {
    const { code, said } = await run(word, "--help");
    assert.equal(code, 0, said);
    for (const { name } of COMMANDS.filter((one) => one.name.startsWith(word + " "))) {
      assert.ok(said.includes(`  ${name} `), `${name} in: ${said}`);
    }
  }
  assert.equal((await run("key", "-h")).code, 0);
  for (const args of [["key"], ["key", "fly", "--help"], ["fly", "--help"]]) {
    assert.equal((await run(...args)).code, 2, args.join(" "));
  }
});

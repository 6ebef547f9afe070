/** Prints how many kilobytes of files the process has mapped before and after it lets go of them, and then works on. */
import { openOwnProcess } from "../../lib/base/own_process.ts";
import { letGoOfProgram } from "../../lib/base/program_pages.ts";

const fileKb = () =>
  Number(/RssFile:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))![1]);

fileKb();
const beforeKb = fileKb();
letGoOfProgram(openOwnProcess()!);
const afterKb = fileKb();
const worker = new Worker(
  `data:text/javascript,postMessage(Array.from({ length: 1000 }, (_, i) => i))`,
  { type: "module" },
);
worker.onmessage = ({ data }) => {
  const sum = (data as number[]).reduce((all, one) => all + one, 0);
  console.log(JSON.stringify({ beforeKb, afterKb, sum }));
  Deno.exit(0);
};

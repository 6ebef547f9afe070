import { ROOT } from "../../support/perch.ts";

/** A function in a sample; lines count from 0. */
interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

/** A sampled CPU profile as V8 gives it. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: CallFrame;
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** The debugger's side of a process that was started with `--inspect`. */
export interface Inspector {
  /** A CPU profile of what happens meanwhile. */
  profile(work: () => Promise<void>): Promise<CpuProfile>;
  /** Bytes that JavaScript allocates meanwhile, as far as sampling tells, by the function that asks for them. */
  allocated(work: () => Promise<void>): Promise<Map<string, number>>;
  close(): void;
}

const CPU_SAMPLE_US = 200;
const HEAP_SAMPLE_BYTES = 16_384;

interface HeapNode {
  callFrame: CallFrame;
  selfSize: number;
  children: HeapNode[];
}

/** Connects to the main thread of the process that listens at `port` of loopback. */
export async function inspect(port: number): Promise<Inspector> {
  const [target] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    waiting.get(id)?.(result);
    waiting.delete(id);
  };
  let calls = 0;
  const call = <T>(method: string, params = {}) =>
    new Promise<T>((resolve) => {
      waiting.set(++calls, resolve as (result: unknown) => void);
      socket.send(JSON.stringify({ id: calls, method, params }));
    });
  return {
    async profile(work) {
      await call("Profiler.enable");
      await call("Profiler.setSamplingInterval", { interval: CPU_SAMPLE_US });
      await call("Profiler.start");
      await work();
      return (await call<{ profile: CpuProfile }>("Profiler.stop")).profile;
    },
    async allocated(work) {
      await call("HeapProfiler.startSampling", {
        samplingInterval: HEAP_SAMPLE_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
      await work();
      const { profile } = await call<{ profile: { head: HeapNode } }>("HeapProfiler.stopSampling");
      const bytes = new Map<string, number>();
      const add = ({ callFrame, selfSize, children }: HeapNode) => {
        const name = calledAs(callFrame);
        bytes.set(name, (bytes.get(name) ?? 0) + selfSize);
        children.forEach(add);
      };
      add(profile.head);
      return bytes;
    },
    close: () => socket.close(),
  };
}

/** `take lib/detect/runner/runner.ts:63`, or the bare name of what has no file. */
export function calledAs({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(nameless)" : functionName;
  const file = url.startsWith(`file://${ROOT}`) ? url.slice(`file://${ROOT}`.length) : url;
  return file === "" ? name : `${name} ${file}:${lineNumber + 1}`;
}

import type { VNode } from "preact";
import { z } from "zod";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { SensorStatus } from "../../lib/live/status_words.ts";
import { worstOf } from "../../lib/live/statuses.ts";
import { isPlant } from "../../lib/machines/host_machine.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import { matchingInTurns } from "../../lib/search/in_turns.ts";
import { title } from "../../lib/words/names.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { type Route, route } from "../http/route.ts";
import { FirstReading } from "../machines/first_reading.tsx";
import { StatusWord } from "../../islands/status_word.tsx";
import { WordsNow } from "../../islands/words_now.tsx";
import { Island } from "../frame/island.tsx";
import { type MachinePageParts, machineTexts } from "../machines/request.ts";
import { MachineStatusNow } from "../machines/status_now.tsx";
import { hrefWith, machineHref, machineTitle } from "../frame/links.ts";
import { Answer, Crumbs, Empty } from "../frame/parts.tsx";

/** With more machines than these the tree names areas alone, until a filter leaves fewer. */
const NAMED_MOST = 100;

/** A site, area or line: what stands directly in it. */
interface Place {
  path: string;
  places: Map<string, Place>;
  machines: Machine[];
}

/** `/machines/tree`: sites, areas, lines and machines, each with its status. */
export function plantTreePage(parts: MachinePageParts): Route {
  return route({
    method: "get",
    path: "/machines/tree",
    policy: "viewer",
    summary: null,
    query: z.object({ q: wordsField }).loose(),
    handler: async ({ c, who, query: { q = "" } }) => {
      const since = parts.place();
      const all = parts.machines.all().filter(isPlant);
      const found = await matchingInTurns(all, q, machineTexts);
      const root = treeOf(found);
      return parts.frame.answer(c, who, {
        title: "Plant",
        place: "/machines",
        script: "lists",
        stream: { types: "status" },
        since,
        content: all.length === 0
          ? <FirstReading mqtt={parts.mqtt} url={new URL(c.req.url).origin} />
          : (
            <>
              <Crumbs>
                <a href="/machines">Machines</a>
              </Crumbs>
              <Answer>{answerOf(root, found.length)}</Answer>
              <Island name="WordsNow" component={WordsNow} props={{}} />
              <ListFilter
                path="/machines/tree"
                value={q}
                label="Filter by name, part of the plant or tag"
              />
              <Filtered>
                {found.length === 0
                  ? (
                    <Empty>
                      No machine fits. <a href="/machines/tree">Show all {all.length}</a>
                    </Empty>
                  )
                  : (
                    <section class="card tree" aria-label="The plant">
                      <Branch
                        parts={parts}
                        place={root}
                        alarms={alarmsOf(parts)}
                        named={found.length <= NAMED_MOST}
                      />
                    </section>
                  )}
              </Filtered>
            </>
          ),
      });
    },
  });
}

/** Machines by the levels of their paths. */
export function treeOf(machines: readonly Machine[]): Place {
  const root: Place = { path: "", places: new Map(), machines: [] };
  for (const machine of machines) {
    let at = root;
    for (const level of machine.path.split("/").slice(0, -1)) {
      let next = at.places.get(level);
      if (next === undefined) {
        next = {
          path: at.path === "" ? level : `${at.path}/${level}`,
          places: new Map(),
          machines: [],
        };
        at.places.set(level, next);
      }
      at = next;
    }
    at.machines.push(machine);
  }
  return root;
}

function answerOf({ places }: Place, machines: number): string {
  const part = places.size === 1 ? "1 part" : `${places.size} parts`;
  return `${machines === 1 ? "1 machine" : `${machines} machines`} in ${part} of the plant`;
}

type AlarmsByMachine = ReadonlyMap<string | null, Alarm[]>;

const alarmsOf = (parts: MachinePageParts): AlarmsByMachine =>
  Map.groupBy(parts.alarms.open(), ({ machine }) => machine);

function Branch(
  { parts, place, alarms, named }: {
    parts: MachinePageParts;
    place: Place;
    alarms: AlarmsByMachine;
    /** Each machine, else how many there are: a thousand of them are no overview, and take long to draw. */
    named: boolean;
  },
): VNode {
  const here = place.machines.length;
  return (
    <ul>
      {[...place.places].map(([name, below]) => (
        <li key={`place ${name}`}>
          <p class="part">
            <a href={`/machines?under=${encodeURIComponent(below.path)}`}>{title(name)}</a>
            <span data-now={`area ${below.path}`}>
              <StatusWord status={worstBelow(parts, below)} />
            </span>
          </p>
          <Branch parts={parts} place={below} alarms={alarms} named={named} />
        </li>
      ))}
      {!named && here > 0 && (
        <li class="leaf">
          <a href={hrefWith("/machines", { under: place.path })}>
            {here === 1 ? "1 machine" : `${here} machines`}
          </a>
        </li>
      )}
      {named && place.machines.map((machine) => (
        <li key={machine.id} class="leaf">
          <a href={machineHref(machine.path)}>{machineTitle(machine)}</a>
          <MachineStatusNow
            parts={parts}
            machine={machine}
            alarms={alarms.get(machine.path) ?? []}
          />
        </li>
      ))}
    </ul>
  );
}

/** The worst of the machines in a place, without those in maintenance. */
function worstBelow(parts: MachinePageParts, place: Place): SensorStatus {
  const counts = { normal: 0, warning: 0, offline: 0, critical: 0 };
  for (const { path } of place.machines) {
    const { status } = parts.statuses.condition(path);
    if (status !== "maintenance") counts[status]++;
  }
  for (const below of place.places.values()) counts[worstBelow(parts, below)]++;
  return worstOf(counts);
}

/** What the search asks: each kind with its texts, its page, and what that page asks of who opens it. */
import type { Policy } from "../../lib/access/policy.ts";
import type { Users } from "../../lib/access/users.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { Cameras } from "../../lib/cameras/cameras.ts";
import type { Dashboards } from "../../lib/dashboards/dashboards.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { inMemory, type SearchSource } from "../../lib/search/search.ts";
import { SETTINGS } from "../../lib/settings/registry.ts";
import type { SettingDefinition } from "../../lib/settings/setting.ts";
import type { Tickets } from "../../lib/tickets/tickets.ts";
import { label, title } from "../../lib/words/names.ts";
import {
  alarmHref,
  cameraHref,
  dashboardHref,
  hrefWith,
  machineHref,
  machineTitle,
  sensorHref,
  ticketHref,
} from "../frame/links.ts";
import { slug } from "../frame/markdown.tsx";
import { PLACES, routeOfPlace } from "../frame/places.ts";
import type { Route } from "../http/route.ts";
import type { Assets } from "../http/static.ts";
import { areasOf } from "../machines/choices.ts";
import { machineTexts, sensorTexts } from "../machines/request.ts";
import { excerptOf, plainOf } from "./excerpt.ts";
import { GUIDES, readGuide } from "../site/guides.tsx";
import { operationIds } from "../site/openapi.ts";
import { settingHref } from "../site/settings.tsx";

export interface SourceParts {
  machines: MachineDirectory;
  sensors: SensorDirectory;
  alarms: Pick<Alarms, "list">;
  tickets: Pick<Tickets, "list">;
  cameras: Pick<Cameras, "all">;
  dashboards: Pick<Dashboards, "visible">;
  users: Pick<Users, "list">;
  notify: { rules: Pick<Notify["rules"], "all">; channels: Pick<Notify["channels"], "all"> };
  assets: Pick<Assets, "get">;
  /** The whole table: what a page asks stands there. */
  routes: () => readonly Route[];
}

export function searchSources(parts: SourceParts): SearchSource[] {
  return [...plant(parts), ...work(parts), ...site(parts), ...help(parts)];
}

function plant({ machines, sensors, cameras, dashboards }: SourceParts): SearchSource[] {
  const policy = "viewer";
  const tags = () => new Set(machines.all().flatMap((machine) => machine.tags));
  return [
    inMemory("machine", () => machines.all(), machineTexts, (machine) => ({
      policy,
      hit: {
        title: machineTitle(machine),
        detail: machine.path,
        url: machineHref(machine.path),
        value: machine.path,
      },
    })),
    inMemory(
      "sensor",
      () => sensors.all(),
      (sensor) => sensorTexts(machines, sensor),
      (sensor) => ({
        policy,
        hit: {
          title: sensorTexts(machines, sensor)[0],
          detail: sensor.name,
          url: sensorHref(sensor.id),
          value: sensor.name,
        },
      }),
    ),
    inMemory("area", () => areasOf(machines.all()), (area) => [area], (area) => ({
      policy,
      hit: {
        title: area.split("/").map(title).join(" / "),
        detail: "All machines there",
        url: hrefWith("/machines", { under: area }),
        value: area,
      },
    })),
    inMemory("tag", tags, (tag) => [tag], (tag) => ({
      policy,
      hit: {
        title: label(tag),
        detail: "All machines with this tag",
        url: hrefWith("/machines", { tag }),
        value: tag,
      },
    })),
    inMemory("camera", () => cameras.all(), ({ name }) => [name], ({ id, name }) => ({
      policy,
      hit: { title: name, detail: null, url: cameraHref(id) },
    })),
    {
      kind: "dashboard",
      async find({ wanted, who }) {
        const theirs = who === null ? [] : await dashboards.visible(who);
        return theirs.flatMap(({ id, title, shared }) => {
          const score = wanted.score([title]);
          if (score === null) return [];
          const detail = shared ? "shared" : null;
          const hit = { kind: "dashboard" as const, title, detail, url: dashboardHref(id) };
          return { score, policy, hit };
        });
      },
    },
  ];
}

/** Asked of the database, which gives the newest that fit. */
function work({ alarms, tickets, machines }: SourceParts): SearchSource[] {
  return [
    {
      kind: "alarm",
      async find({ text, wanted, most }) {
        const { items } = await alarms.list({ search: text, limit: most });
        return items.flatMap((alarm, i) => {
          const { id, title, machine, machine_name, sensor, state } = alarm;
          const texts = [title, machine ?? "", machine_name ?? "", sensor ?? ""];
          const score = wanted.score(texts);
          if (score === null) return [];
          const detail = state === "active" ? "not acknowledged" : state;
          return {
            score: score + i / 100 + (state === "resolved" ? 1 : 0),
            policy: "viewer" as const,
            hit: { kind: "alarm" as const, title, detail, url: alarmHref(id) },
          };
        });
      },
    },
    {
      kind: "ticket",
      async find({ text, wanted, most }) {
        const { items } = await tickets.list({ search: text, limit: most });
        return items.flatMap(({ id, title, description, state, machine }, i) => {
          const about = machine === null ? undefined : machines.find(machine);
          const score = wanted.score([
            `${id} ${title}`,
            description,
            ...(about === undefined ? [] : machineTexts(about)),
          ]);
          if (score === null) return [];
          return {
            score: score + i / 100 + (state === "closed" || state === "resolved" ? 1 : 0),
            policy: "viewer" as const,
            hit: {
              kind: "ticket" as const,
              title: `${id} ${title}`,
              detail: label(state),
              url: ticketHref(id),
            },
          };
        });
      },
    },
  ];
}

function site({ users, notify, routes }: SourceParts): SearchSource[] {
  const policyOf = (path: string): Policy =>
    routes().find((route) => route.method === "get" && route.path === path)?.policy ?? "admin";
  const places = () =>
    PLACES.flatMap((place) => {
      const policy = routeOfPlace(routes(), place)?.policy;
      return policy === undefined ? [] : [{ ...place, policy }];
    });
  return [
    inMemory("page", places, ({ name, words = "" }) => [name, words], (place) => ({
      policy: place.policy,
      hit: { title: place.name, detail: null, url: place.href },
    })),
    inMemory(
      "setting",
      () =>
        Object.entries<Pick<SettingDefinition, "title" | "category" | "help" | "see">>(SETTINGS),
      ([key, { title, category, help }]) => [title, category, help, key],
      ([key, { title, category, see }]) => ({
        policy: see,
        hit: { title, detail: category, url: settingHref(category, key) },
      }),
    ),
    inMemory(
      "person",
      () => users.list(),
      ({ name, email, role }) => [name || email, email, role],
      ({ id, name, email, role }) => ({
        policy: policyOf("/people"),
        hit: {
          title: name || email,
          detail: `${email}, ${role}`,
          url: `/people#person-${id}`,
          value: name || email,
        },
      }),
    ),
    inMemory("rule", () => notify.rules.all(), ({ name }) => [name], ({ id, name }) => ({
      policy: policyOf("/settings/rules"),
      hit: {
        title: name,
        detail: "Notification rule",
        url: `/settings/rules/${encodeURIComponent(id)}`,
      },
    })),
    inMemory(
      "channel",
      () => notify.channels.all(),
      ({ name, kind }) => [name, kind],
      ({ id, name, kind }) => ({
        policy: policyOf("/settings/channels"),
        hit: { title: name, detail: title(kind), url: `/settings/channels#channel-${id}` },
      }),
    ),
  ];
}

function help({ assets, routes }: SourceParts): SearchSource[] {
  return [
    inMemory(
      "guide",
      () => guideSections(assets),
      ({ heading, guide, text }) => [heading, guide, text],
      ({ heading, guide, text, url }, question) => ({
        policy: "public",
        hit: {
          title: heading === guide ? guide : `${guide}: ${heading}`,
          detail: excerptOf(plainOf(text), question),
          url,
        },
      }),
    ),
    inMemory(
      "operation",
      () => operationIds(routes()),
      ({ route: { method, path, summary, tags = [] } }) => [
        summary ?? "",
        `${method} ${path}`,
        tags.join(" "),
      ],
      ({ id, route: { method, path, summary } }) => ({
        policy: "public",
        hit: {
          title: summary ?? path,
          detail: `${method.toUpperCase()} ${path}`,
          url: `/docs#${id}`,
        },
      }),
    ),
  ];
}

/** One guide is read after the other, as they are asked for: together they take a while. */
function* guideSections(assets: SourceParts["assets"]) {
  for (const name of GUIDES) yield* sectionsOf(name, readGuide(assets, name));
}

/** A guide's sections, the first of which is its beginning. */
function sectionsOf(name: string, { title: guide, lead, text }: ReturnType<typeof readGuide>) {
  const [first, ...rest] = text.split(/^## /m);
  return [
    { heading: guide, guide, text: `${lead}\n${first}`, url: `/guides/${name}` },
    ...rest.map((section) => {
      const [heading, ...lines] = section.split("\n");
      const url = `/guides/${name}#${slug(heading)}`;
      return { heading: heading.replaceAll("`", ""), guide, text: lines.join("\n"), url };
    }),
  ];
}
